package docket

import (
	"strings"
	"unicode/utf8"
)

// Bounds of a file, so that a hostile one costs little.
const (
	// MaxFileBytes is the largest file that is read at all.
	MaxFileBytes = 16 << 20
	maxDepth     = 24
	maxNodes     = 1 << 20
	maxStringLen = 64 << 10 // bytes of one string, before any bound of its field
)

// place is where something stands: line and column from 1, columns in characters.
type place struct{ line, column int }

type nodeKind uint8

const (
	objectNode nodeKind = iota
	arrayNode
	stringNode
	numberNode
	boolNode
	nullNode
	brokenNode // a syntax fault was told here; nothing more is said of it
)

// node is a value of the file with its place.
type node struct {
	kind    nodeKind
	at      place
	text    string // of a string decoded, of a number as written
	truth   bool
	members []member
	items   []*node
	// torn is true for an object in which a member could not be read: what
	// seems to be missing in it may stand in the torn part.
	torn bool
}

type member struct {
	key   string
	keyAt place
	value *node
}

// scanner reads JSON (RFC 8259) into nodes and goes on after a fault: it tells
// it, skips to the next comma, bracket or line at which reading can go on, and
// reads on. So one broken line costs one problem, not the rest of the file.
type scanner struct {
	src   []byte
	pos   int
	place // of pos
	nodes int
	ps    *problems
}

func (s *scanner) here() place { return s.place }

func (s *scanner) fault(at place, zh, en string) {
	s.ps.add(Problem{Line: at.line, Column: at.column, Code: Syntax, Message: Text{zh, en}})
}

// stop ends the reading: what follows is not worth telling.
func (s *scanner) stop() { s.pos = len(s.src) }

func (s *scanner) peek() byte {
	if s.pos < len(s.src) {
		return s.src[s.pos]
	}
	return 0
}

func (s *scanner) done() bool { return s.pos >= len(s.src) }

func (s *scanner) next() {
	switch c := s.src[s.pos]; {
	case c == '\n':
		s.place = place{s.line + 1, 1}
	case utf8.RuneStart(c): // columns count characters, not bytes
		s.column++
	}
	s.pos++
}

// space skips white space.
func (s *scanner) space() {
	for !s.done() {
		switch s.peek() {
		case ' ', '\t', '\r', '\n':
			s.next()
		default:
			return
		}
	}
}

// document reads the one value of the file and refuses what follows it.
func (s *scanner) document() *node {
	s.space()
	if s.done() {
		s.fault(place{1, 1}, "文件是空的。", "The file is empty.")
		return &node{kind: brokenNode, at: place{1, 1}}
	}
	root := s.value(0)
	s.space()
	if !s.done() {
		s.fault(s.here(), "文件末尾之后还有内容。", "There is something after the end of the document.")
		s.stop()
	}
	return root
}

func (s *scanner) value(depth int) *node {
	at := s.here()
	s.nodes++
	if depth > maxDepth || s.nodes > maxNodes {
		s.ps.add(Problem{Line: at.line, Column: at.column, Code: TooDeep, Message: Text{
			"嵌套过深或内容过多，从这里起不再读取。", "Nested too deep, or too many values; reading stops here.",
		}})
		s.stop()
		return &node{kind: brokenNode, at: at}
	}
	switch c := s.peek(); {
	case c == '{':
		return s.object(at, depth)
	case c == '[':
		return s.array(at, depth)
	case c == '"':
		text, ok := s.str()
		if !ok {
			return &node{kind: brokenNode, at: at}
		}
		return &node{kind: stringNode, at: at, text: text}
	case c == '-' || c >= '0' && c <= '9':
		return s.number(at)
	default:
		return s.word(at)
	}
}

func (s *scanner) object(at place, depth int) *node {
	n := &node{kind: objectNode, at: at}
	s.next()
	for first := true; ; first = false {
		s.space()
		if s.done() {
			s.fault(s.here(), "对象没有结束：缺少 }。", "The object does not end: } is missing.")
			n.torn = true
			return n
		}
		if s.peek() == '}' {
			s.next()
			return n
		}
		if s.peek() == ']' {
			s.fault(s.here(), "这里应为 }，写成了 ]。", "There is ] where } belongs.")
			n.torn = true
			s.next()
			return n
		}
		if !first && !s.comma('}') {
			continue
		}
		s.member(n, depth)
	}
}

// member reads "key": value into n; on a fault it skips to where reading can go on.
func (s *scanner) member(n *node, depth int) {
	keyAt := s.here()
	if s.peek() != '"' {
		s.fault(keyAt, "这里应为双引号括起的字段名。", "A field name in double quotes belongs here.")
		n.torn = true
		s.skip()
		return
	}
	key, ok := s.str()
	if !ok {
		n.torn = true
		s.skip()
		return
	}
	s.space()
	if s.peek() == ':' {
		s.next()
		s.space()
	} else {
		s.fault(s.here(), "字段名之后缺少冒号。", "The colon after the field name is missing.")
	}
	if c := s.peek(); c == ',' || c == '}' || s.done() {
		s.fault(s.here(), "字段没有值。", "The field has no value.")
		n.members = append(n.members, member{key, keyAt, &node{kind: brokenNode, at: s.here()}})
		return
	}
	n.members = append(n.members, member{key, keyAt, s.value(depth + 1)})
}

func (s *scanner) array(at place, depth int) *node {
	n := &node{kind: arrayNode, at: at}
	s.next()
	for first := true; ; first = false {
		s.space()
		if s.done() {
			s.fault(s.here(), "列表没有结束：缺少 ]。", "The list does not end: ] is missing.")
			return n
		}
		if s.peek() == ']' {
			s.next()
			return n
		}
		if s.peek() == '}' {
			// Most often the bracket was forgotten: leave } to the object around.
			s.fault(s.here(), "列表没有结束：} 之前缺少 ]。", "The list does not end: ] is missing before }.")
			if depth == 0 {
				s.next()
			}
			return n
		}
		if !first && !s.comma(']') {
			continue
		}
		n.items = append(n.items, s.value(depth+1))
	}
}

// comma takes the comma between two values and tells one that is missing or
// one too many. It returns false when the container ends or must look again.
func (s *scanner) comma(end byte) bool {
	at := s.here()
	if s.peek() != ',' {
		s.fault(at, "与前一项之间缺少逗号。", "The comma after the previous value is missing.")
		return true
	}
	s.next()
	s.space()
	switch s.peek() {
	case end:
		s.fault(at, "最后一项之后多了逗号。", "There is a comma after the last value.")
		return false
	case ',':
		s.fault(s.here(), "多了一个逗号。", "There is a comma too many.")
		return false
	}
	return !s.done()
}

// skip passes over what cannot be read, up to a comma or bracket on this line
// or the line's end.
func (s *scanner) skip() {
	for !s.done() {
		switch s.peek() {
		case ',', '}', ']', '\n':
			return
		default:
			s.next()
		}
	}
}

// word reads true, false, null; anything else is a fault.
func (s *scanner) word(at place) *node {
	from := s.pos
	for !s.done() {
		c := s.peek()
		if c <= ' ' || c == ',' || c == '}' || c == ']' || c == ':' {
			break
		}
		s.next()
	}
	switch w := string(s.src[from:s.pos]); w {
	case "true", "false":
		return &node{kind: boolNode, at: at, truth: w == "true"}
	case "null":
		return &node{kind: nullNode, at: at}
	}
	if s.pos == from { // a stray bracket or colon: take it, or nothing would move
		s.next()
	}
	s.fault(at, "读不懂的值；文字要用双引号括起。", "This value cannot be read; texts stand in double quotes.")
	return &node{kind: brokenNode, at: at}
}

// number reads what looks like a number and checks it against RFC 8259.
func (s *scanner) number(at place) *node {
	from := s.pos
	for !s.done() {
		c := s.peek()
		if (c < '0' || c > '9') && c != '-' && c != '+' && c != '.' && c != 'e' && c != 'E' {
			break
		}
		s.next()
	}
	text := string(s.src[from:s.pos])
	if !isNumber(text) {
		s.fault(at, "数字写法不对："+clip(text)+"。", "This is not a number: "+clip(text)+".")
		return &node{kind: brokenNode, at: at}
	}
	return &node{kind: numberNode, at: at, text: text}
}

// isNumber holds RFC 8259's grammar: -? whole ( . digits )? ( [eE] [+-]? digits )?
func isNumber(t string) bool {
	t = strings.TrimPrefix(t, "-")
	rest := strings.TrimLeft(t, digits)
	if whole := t[:len(t)-len(rest)]; whole == "" || (whole[0] == '0' && len(whole) > 1) {
		return false
	}
	if fraction, ok := strings.CutPrefix(rest, "."); ok {
		if rest = strings.TrimLeft(fraction, digits); rest == fraction {
			return false
		}
	}
	if rest == "" {
		return true
	}
	if rest[0] != 'e' && rest[0] != 'E' {
		return false
	}
	exponent := rest[1:]
	if exponent != "" && (exponent[0] == '+' || exponent[0] == '-') {
		exponent = exponent[1:]
	}
	return exponent != "" && strings.TrimLeft(exponent, digits) == ""
}

const digits = "0123456789"

// clip shortens what is quoted from the file, so that no problem grows with it.
func clip(t string) string {
	r := []rune(t)
	if len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return t
}
