package docket

import (
	"fmt"
	"regexp"
	"strings"

	"mingchui/auction/fault"
	"mingchui/auction/law"
)

// checker tells what is wrong beyond types: refs, rules of the law, dignity.
// Values that are missing or did not fit were told by the decoder and are zero here: it passes over them.
type checker struct {
	ps     *problems
	places map[string]spot
	rules  law.RuleSet
}

// tell reports a problem at path, or at the nearest parent that stands in the file.
func (c *checker) tell(path string, code fault.Code, rule, zh, en string) {
	at, ok := c.places[path]
	for p := path; !ok && p != ""; {
		p = parent(p)
		at, ok = c.places[p]
	}
	c.ps.add(Problem{Line: at.line, Column: at.column, Path: path, Code: code, Rule: rule, Message: Text{zh, en}})
}

// stands reports whether the file has a value at path that could be read.
func (c *checker) stands(path string) bool { return c.places[path].read }

// absent reports that nothing stands at path, not even something unreadable.
func (c *checker) absent(path string) bool {
	_, there := c.places[path]
	return !there
}

func parent(path string) string {
	return path[:max(strings.LastIndexAny(path, ".["), 0)]
}

// patterns of the format, made once for a file.
type patterns struct{ ref, area, courtCode, number, drawing, allOnBuyerZh, allOnBuyerEn, identity *regexp.Regexp }

func newPatterns() patterns {
	return patterns{
		ref:       regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]*$`),
		area:      regexp.MustCompile(`^[1-8]\d{5}$`),
		courtCode: regexp.MustCompile(`^(\p{Han}\d{0,4}|最高法)$`),
		number:    regexp.MustCompile(`^[（(](?:19|20)\d{2}[）)](\p{Han}\d{0,4}|最高法)执(?:恢|他)?\d{1,7}号(?:之[一二三四五六七八九十]+)?$`),
		drawing:   regexp.MustCompile(`^[a-z0-9][a-z0-9-]*\.(svg|png|jpg|webp)$`),
		allOnBuyerZh: regexp.MustCompile(`(一切|所有|全部|全额|各项)[^。；，]{0,24}(税|费)[^。；]{0,24}由买受人[^。；]{0,6}(承担|负担)` +
			`|税费?[^。；]{0,16}(均|全部|一律|概)由买受人[^。；]{0,6}(承担|负担)` +
			`|由买受人(承担|负担)(一切|所有|全部)[^。；]{0,12}税`),
		allOnBuyerEn: regexp.MustCompile(`(?i)\ball (the )?(taxes|fees and taxes|taxes and fees)\b[^.;]{0,60}\bbuyer\b|\bbuyer\b[^.;]{0,20}\b(bears?|pays?|borne?)\b[^.;]{0,10}\ball\b[^.;]{0,20}\btax`),
		identity:     regexp.MustCompile(`\d{17}[\dXx]`),
	}
}

func (c *checker) file(f *File) {
	pt := newPatterns()
	if f.Format != "" && f.Format != Format {
		c.tell("format", WrongFormat, "", "格式应为 "+Format+"，文件写的是 "+clip(f.Format)+"。", "The format is "+Format+"; the file says "+clip(f.Format)+".")
	}
	if f.Court.Code != "" && !pt.courtCode.MatchString(f.Court.Code) {
		c.tell("court.code", BadCaseNumber, "", "法院代字应如“皖0202”。", "A court code is like 皖0202.")
	}
	c.region("court.region", f.Court.Region, pt)
	numbers := map[string]string{}
	refs := refBook{assets: map[string]string{}, lots: map[string]string{}}
	for i := range f.Cases {
		path := fmt.Sprintf("cases[%d]", i)
		k := &f.Cases[i]
		if first, twice := numbers[k.Number]; twice && k.Number != "" {
			c.twice(path+".number", DuplicateRef, "案号", "case number", k.Number, first+".number")
		} else {
			numbers[k.Number] = path
		}
		c.caseFile(path, f.Court.Code, k, refs, pt)
	}
}

// refBook holds which path first used a ref.
type refBook struct{ assets, lots map[string]string }

func (c *checker) twice(path string, code fault.Code, zh, en, value, first string) {
	line := c.places[first].line
	c.tell(path, code, "", fmt.Sprintf("%s“%s”重复，第 %d 行已有。", zh, clip(value), line), fmt.Sprintf("The %s “%s” stands here again; it was on line %d.", en, clip(value), line))
}

// ref checks the writing of a ref and that nobody used it before.
func (c *checker) ref(path, value string, seen map[string]string, pt patterns) {
	if value == "" {
		return
	}
	if !pt.ref.MatchString(value) {
		c.tell(path, BadRef, "", "编号只能用字母、数字和连字符："+clip(value)+"。", "A ref has letters, digits and hyphens alone: "+clip(value)+".")
	}
	if first, twice := seen[value]; twice {
		c.twice(path, DuplicateRef, "编号", "ref", value, first)
		return
	}
	seen[value] = path
}

func (c *checker) region(path string, r Region, pt patterns) {
	if r.Code != "" && !pt.area.MatchString(r.Code) {
		c.tell(path+".code", BadAreaCode, "", "区划代码应为六位数字。", "An area code has six digits.")
	}
}

func (c *checker) caseFile(path, court string, k *Case, refs refBook, pt patterns) {
	if k.Number != "" {
		m := pt.number.FindStringSubmatch(k.Number)
		switch {
		case m == nil:
			c.tell(path+".number", BadCaseNumber, "", "案号应如“（2026）皖0202执1234号”："+clip(k.Number)+"。", "A case number is like （2026）皖0202执1234号: "+clip(k.Number)+".")
		case court != "" && m[1] != court:
			c.tell(path+".number", BadCaseNumber, "", "案号的法院代字与本院（"+clip(court)+"）不同。", "The court code in the number is not this court's ("+clip(court)+").")
		}
	}
	if c.stands(path+".instrument.publishable") && !k.Instrument.Publishable && k.Instrument.ReasonNot.IsZero() {
		c.tell(path+".instrument", ReasonMissing, "R13", "执行依据不公开的，应写明理由（reason_not）。", "Where the instrument is not published, the reason is stated (reason_not).")
	}
	c.parties(path, k)
	own := map[string]*Asset{}
	for i := range k.Assets {
		at := fmt.Sprintf("%s.assets[%d]", path, i)
		a := &k.Assets[i]
		c.ref(at+".ref", a.Ref, refs.assets, pt)
		own[a.Ref] = a
		c.asset(at, a, pt)
	}
	for i, p := range k.PriorityClaims {
		at := fmt.Sprintf("%s.priority_claims[%d]", path, i)
		c.rank(at, p.Rank)
		c.assetRefs(at+".asset_refs", p.AssetRefs, own)
	}
	sold := map[string]string{}
	for i := range k.Lots {
		at := fmt.Sprintf("%s.lots[%d]", path, i)
		c.ref(at+".ref", k.Lots[i].Ref, refs.lots, pt)
		c.lot(at, &k.Lots[i], own, sold)
		c.noReserve(at, k.Kind, &k.Lots[i])
	}
	c.texts(path, k, pt)
}

func (c *checker) parties(path string, k *Case) {
	for _, side := range []struct {
		name string
		list []Party
	}{{"applicants", k.Applicants}, {"debtors", k.Debtors}} {
		for i, p := range side.list {
			if p.Kind == Person && p.NamePublished {
				c.tell(fmt.Sprintf("%s.%s[%d].name_published", path, side.name, i), PersonNamed, "",
					"自然人的姓名不公开，此处应为 false。", "The name of a person is not published; this is false.")
			}
		}
	}
}

func (c *checker) rank(path string, rank int) {
	if c.stands(path+".rank") && rank < 1 {
		c.tell(path+".rank", OutOfRange, "", "顺位从 1 起。", "Ranks begin at 1.")
	}
}

// assetRefs checks that each ref is an asset of the same case and stands once.
func (c *checker) assetRefs(path string, refs []string, own map[string]*Asset) {
	seen := map[string]string{}
	for i, r := range refs {
		at := fmt.Sprintf("%s[%d]", path, i)
		if r == "" {
			continue
		}
		if own[r] == nil {
			c.tell(at, UnknownRef, "", "本案没有编号为“"+clip(r)+"”的财产。", "This case has no property with the ref “"+clip(r)+"”.")
		}
		if first, twice := seen[r]; twice {
			c.twice(at, DuplicateItem, "财产", "property", r, first)
		}
		seen[r] = at
	}
}
