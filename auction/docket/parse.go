package docket

import (
	"bytes"
	"io"
	"reflect"
	"unicode/utf8"

	"mingchui/auction/fault"
	"mingchui/auction/law"
)

// Parse reads a docket under the figures of law.China2017 and returns it with
// every problem that it has, sorted by place. The File is whole only when there
// is no problem; with problems it holds what could be read and must not be stored.
// It never panics on any input and reads at most MaxFileBytes.
func Parse(r io.Reader) (File, []Problem) {
	return ParseUnder(r, law.China2017())
}

// ParseUnder is Parse under another rule set's figures (reserve, reduction, deposit).
func ParseUnder(r io.Reader, rules law.RuleSet) (File, []Problem) {
	ps := &problems{}
	src, err := io.ReadAll(io.LimitReader(r, MaxFileBytes+1))
	if err != nil {
		ps.add(Problem{Line: 1, Column: 1, Code: fault.ImportInvalid, Message: Text{"文件读到一半断了。", "The file broke off while it was being read."}})
		return File{}, ps.sorted()
	}
	if len(src) > MaxFileBytes {
		ps.add(Problem{Line: 1, Column: 1, Code: TooLarge, Message: Text{"文件超过 16 MB，请按案件拆分。", "The file is larger than 16 MB; split it by cases."}})
		return File{}, ps.sorted()
	}
	src = bytes.TrimPrefix(src, []byte("\xef\xbb\xbf")) // Windows editors begin UTF-8 files with it
	if !utf8.Valid(src) {
		p := badByte(src)
		ps.add(Problem{Line: p.line, Column: p.column, Code: Syntax, Message: Text{"文件不是 UTF-8 编码。", "The file is not UTF-8."}})
		return File{}, ps.sorted()
	}
	s := &scanner{src: src, place: place{1, 1}, ps: ps}
	root := s.document()
	d := &decoder{ps: ps, places: map[string]spot{"": {root.at, false}}}
	var file File
	if root.kind != brokenNode {
		d.value(root, reflect.ValueOf(&file).Elem(), "", spec{key: "docket", name: Text{"文件", "the file"}})
		c := &checker{ps: ps, places: d.places, rules: rules}
		c.file(&file)
	}
	return file, ps.sorted()
}

// badByte finds the first byte that is not UTF-8.
func badByte(src []byte) place {
	p := place{1, 1}
	for len(src) > 0 {
		r, n := utf8.DecodeRune(src)
		if r == utf8.RuneError && n == 1 {
			break
		}
		p.column++
		if r == '\n' {
			p = place{p.line + 1, 1}
		}
		src = src[n:]
	}
	return p
}
