package docket

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// str reads a string with its escapes. False means that it did not end on its
// line or is not UTF-8; that was told, and the scanner stands behind it. A bad
// escape inside is told as well, but the string counts as read.
func (s *scanner) str() (string, bool) {
	at := s.here()
	from := s.pos
	s.next()
	var b strings.Builder
	for !s.done() {
		switch c := s.peek(); {
		case c == '"':
			s.next()
			return s.finish(b.String(), at)
		case c == '\\':
			s.escape(&b)
		case c == '\n':
			s.fault(at, "字符串没有在本行结束：缺少双引号。", "The string does not end on its line: a double quote is missing.")
			return "", false
		case c < ' ':
			s.fault(s.here(), "字符串里有控制字符。", "There is a control character in the string.")
			s.next()
		default:
			b.WriteByte(c)
			s.next()
		}
		if s.pos-from > maxStringLen {
			s.fault(at, "字符串过长。", "The string is too long.")
			s.skip()
			return "", false
		}
	}
	s.fault(at, "字符串没有结束。", "The string does not end.")
	return "", false
}

func (s *scanner) finish(text string, at place) (string, bool) {
	if !utf8.ValidString(text) {
		s.fault(at, "字符串不是 UTF-8 编码。", "The string is not UTF-8.")
		return "", false
	}
	return text, true
}

// escape reads one escape sequence behind a backslash.
func (s *scanner) escape(b *strings.Builder) {
	at := s.here()
	s.next()
	if s.done() {
		return // str tells that the string does not end
	}
	c := s.peek()
	if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 {
		b.WriteByte("\"\\/\b\f\n\r\t"[i])
		s.next()
		return
	}
	if c != 'u' {
		s.fault(at, "不认识的转义。", "This escape is not known.")
		if c != '\n' {
			s.next()
		}
		return
	}
	s.next()
	r, ok := s.hex4()
	if ok && utf16.IsSurrogate(r) {
		low := rune(-1)
		if strings.HasPrefix(string(s.src[s.pos:min(s.pos+2, len(s.src))]), `\u`) {
			s.pos += 2
			s.column += 2
			low, ok = s.hex4()
		}
		if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
			ok = false
		}
	}
	if !ok {
		s.fault(at, `\u 之后应为四位十六进制数，代理对要成双。`, `\u takes four hexadecimal digits, and surrogates come in pairs.`)
		return
	}
	b.WriteRune(r)
}

func (s *scanner) hex4() (rune, bool) {
	if s.pos+4 > len(s.src) {
		return 0, false
	}
	n, err := strconv.ParseUint(string(s.src[s.pos:s.pos+4]), 16, 32)
	if err != nil {
		return 0, false
	}
	s.pos += 4 // none of the four is a line's end: ParseUint would have refused it
	s.column += 4
	return rune(n), true //nolint:gosec // four hexadecimal digits
}
