package docket

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"mingchui/auction/fault"
)

// texts goes through everything of a case that a person reads: no identity
// number, no name of a person, no sentence that puts every tax on the buyer.
func (c *checker) texts(path string, k *Case, pt patterns) {
	var names []string
	for _, p := range append(append([]Party(nil), k.Applicants...), k.Debtors...) {
		// A masked name (周某) may stand in a text: it names nobody.
		if p.Kind == Person && len([]rune(p.Name.Zh)) >= 2 && !strings.Contains(p.Name.Zh, "某") {
			names = append(names, p.Name.Zh)
		}
	}
	c.walk(reflect.ValueOf(*k), path, func(at, text string) {
		c.identity(at, text, pt)
		if strings.HasSuffix(at, ".name.zh") && (strings.Contains(at, ".applicants[") || strings.Contains(at, ".debtors[")) {
			return
		}
		for _, n := range names {
			if strings.Contains(text, n) {
				c.tell(at, PersonNamed, "", "文字里出现了自然人的姓名；请以身份相称（被执行人、承租人）。", "The text holds the name of a person; write the role instead (the debtor, the tenant).")
			}
		}
		if putsAllOnBuyer(text, pt) {
			c.tell(at, fault.TaxesAllOnBuyer, "R30", "不能写一切税费由买受人承担：各项税费由法律规定的主体承担。", "“All taxes on the buyer” is refused: each tax falls on whom the law names.")
		}
	})
}

// putsAllOnBuyer reports a sentence that puts every tax on the buyer.
func putsAllOnBuyer(text string, pt patterns) bool {
	if strings.Contains(text, "税") || strings.Contains(text, "费") {
		return pt.allOnBuyerZh.MatchString(text)
	}
	return strings.Contains(strings.ToLower(text), "tax") && pt.allOnBuyerEn.MatchString(text)
}

// walk calls see with every string below v and its path.
func (c *checker) walk(v reflect.Value, path string, see func(path, text string)) {
	switch v.Kind() { //nolint:exhaustive // the format's types have these kinds alone
	case reflect.Pointer:
		if !v.IsNil() {
			c.walk(v.Elem(), path, see)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			c.walk(v.Field(i), join(path, specOf(v.Type().Field(i)).key), see)
		}
	case reflect.Slice:
		for i := range v.Len() {
			c.walk(v.Index(i), fmt.Sprintf("%s[%d]", path, i), see)
		}
	case reflect.String:
		see(path, v.String())
	default:
	}
}

// identity finds resident identity numbers by their check digit (GB 11643), so
// that account and report numbers of the same length pass.
func (c *checker) identity(path, text string, pt patterns) {
	if slices.ContainsFunc(pt.identity.FindAllString(text, len(text)), isIdentityNumber) {
		c.tell(path, IdentityNumber, "", "文字里有公民身份号码，请删去。", "The text holds a resident identity number; take it out.")
	}
}

func isIdentityNumber(n string) bool {
	sum, weight := 0, 1
	for i := 17; i >= 0; i-- {
		d := int(n[i] - '0')
		if n[i] == 'X' || n[i] == 'x' {
			d = 10
		}
		sum += d * weight
		weight = weight * 2 % 11
	}
	month, day := n[10:12], n[12:14]
	return sum%11 == 1 && month >= "01" && month <= "12" && day >= "01" && day <= "31" && n[0] >= '1' && n[0] <= '8'
}
