package docket

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// Bounds of texts and lists where the field's tag names none.
const (
	defaultMaxRunes = 1000
	defaultMaxItems = 200
)

// spec is what the tags of a field say.
type spec struct {
	key      string
	optional bool
	least    int
	most     int // 0: the default
	name     Text
}

func specOf(f reflect.StructField) spec {
	key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	s := spec{key: key, name: Text{f.Tag.Get("zh"), f.Tag.Get("en")}}
	for word := range strings.SplitSeq(f.Tag.Get("docket"), ",") {
		name, value, _ := strings.Cut(word, "=")
		n, _ := strconv.Atoi(value) // the schema test reads every tag
		switch name {
		case "optional":
			s.optional = true
		case "min":
			s.least = n
		case "max":
			s.most = n
		}
	}
	return s
}

// decoder turns nodes into the types of the format, tells what does not fit,
// and keeps the place of every value under its path for the checks after it.
type decoder struct {
	ps     *problems
	places map[string]spot
}

// spot is where a value stands and whether it could be read; a check that
// needs the value passes over one that could not, for its fault was told.
type spot struct {
	place
	read bool
}

func (d *decoder) read(n *node, path string) { d.places[path] = spot{n.at, true} }

func (d *decoder) tell(at place, path string, code fault.Code, zh, en string) {
	d.ps.add(Problem{Line: at.line, Column: at.column, Path: path, Code: code, Message: Text{zh, en}})
}

func (d *decoder) wrongType(n *node, path string, f spec, zh, en string) {
	if n.kind == brokenNode {
		return // told by the scanner
	}
	d.tell(n.at, path, WrongType, quoteZh(f)+"应为"+zh+"。", quoteEn(f)+" takes "+en+".")
}

func quoteZh(f spec) string { return "“" + f.name.Zh + "”（" + f.key + "）" }

func quoteEn(f spec) string { return "“" + f.name.En + "” (" + f.key + ")" }

// value fills v from n. v is settable; its type is one of the format's.
func (d *decoder) value(n *node, v reflect.Value, path string, f spec) {
	d.places[path] = spot{n.at, false}
	if n.kind == nullNode {
		d.tell(n.at, path, WrongType, quoteZh(f)+"不能是 null；没有内容的字段请整个省去。", quoteEn(f)+" cannot be null; leave the field out instead.")
		return
	}
	switch v.Kind() { //nolint:exhaustive // the format's types have these kinds alone; the schema test holds it
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, v.Elem(), path, f)
	case reflect.Struct:
		d.object(n, v, path, f)
	case reflect.Slice:
		d.list(n, v, path, f)
	case reflect.String:
		d.text(n, v, path, f)
	case reflect.Int, reflect.Int64:
		d.integer(n, v, path, f)
	case reflect.Bool:
		if n.kind != boolNode {
			d.wrongType(n, path, f, " true 或 false", "true or false")
			return
		}
		v.SetBool(n.truth)
		d.read(n, path)
	default:
		panic("docket: a field of type " + v.Type().String())
	}
}

func (d *decoder) object(n *node, v reflect.Value, path string, f spec) {
	if n.kind != objectNode {
		what, whatEn := "对象 { … }", "an object { … }"
		if v.Type() == reflect.TypeFor[Text]() {
			what, whatEn = `双语文字 {"zh": …, "en": …}`, `a text {"zh": …, "en": …}`
		}
		d.wrongType(n, path, f, what, whatEn)
		return
	}
	d.read(n, path)
	fields := make(map[string]int, v.NumField())
	specs := make([]spec, v.NumField())
	for i := range v.NumField() {
		specs[i] = specOf(v.Type().Field(i))
		if v.Type() == reflect.TypeFor[Text]() {
			specs[i].most, specs[i].name = f.most, Text{f.name.Zh + specs[i].name.Zh, f.name.En + " in " + specs[i].name.En}
		}
		fields[specs[i].key] = i
	}
	seen := make(map[string]place, len(n.members))
	for _, m := range n.members {
		at := join(path, clip(m.key))
		if first, twice := seen[m.key]; twice {
			d.tell(m.keyAt, at, DuplicateKey,
				fmt.Sprintf("字段 %s 重复，第 %d 行已有。", clip(m.key), first.line),
				fmt.Sprintf("The field %s stands here again; it was on line %d.", clip(m.key), first.line))
			continue
		}
		seen[m.key] = m.keyAt
		i, known := fields[m.key]
		if !known {
			d.tell(m.keyAt, at, fault.UnknownField, "格式里没有字段 "+clip(m.key)+"。", "The format has no field "+clip(m.key)+".")
			continue
		}
		d.value(m.value, v.Field(i), join(path, specs[i].key), specs[i])
	}
	for _, s := range specs {
		if _, there := seen[s.key]; !there && !s.optional && !n.torn {
			d.tell(n.at, join(path, s.key), Missing, "缺少"+quoteZh(s)+"。", quoteEn(s)+" is missing.")
		}
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func (d *decoder) list(n *node, v reflect.Value, path string, f spec) {
	if n.kind != arrayNode {
		d.wrongType(n, path, f, "列表 [ … ]", "a list [ … ]")
		return
	}
	d.read(n, path)
	most := f.most
	if most == 0 {
		most = defaultMaxItems
	}
	items := n.items
	if len(items) > most {
		d.tell(items[most].at, path, TooMany,
			fmt.Sprintf("%s最多 %d 项，从这一项起超出。", quoteZh(f), most),
			fmt.Sprintf("%s takes at most %d; from here on there are too many.", quoteEn(f), most))
		items = items[:most]
	}
	if len(items) < f.least {
		d.tell(n.at, path, TooFew,
			fmt.Sprintf("%s至少要有 %d 项。", quoteZh(f), f.least),
			fmt.Sprintf("%s takes at least %d.", quoteEn(f), f.least))
	}
	v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
	inner := f
	inner.most, inner.least, inner.optional = 0, 0, false
	for i, item := range items {
		d.value(item, v.Index(i), fmt.Sprintf("%s[%d]", path, i), inner)
	}
}

func (d *decoder) text(n *node, v reflect.Value, path string, f spec) {
	if n.kind != stringNode {
		d.wrongType(n, path, f, "双引号括起的文字", "a text in double quotes")
		return
	}
	t := strings.TrimSpace(n.text)
	most := f.most
	if most == 0 {
		most = defaultMaxRunes
	}
	switch {
	case t == "":
		d.tell(n.at, path, Missing, quoteZh(f)+"是空的。", quoteEn(f)+" is empty.")
		return
	case utf8.RuneCountInString(t) > most:
		d.tell(n.at, path, TooLong, fmt.Sprintf("%s超过 %d 字。", quoteZh(f), most), fmt.Sprintf("%s has more than %d characters.", quoteEn(f), most))
		return
	}
	if known := choices(v.Type()); known != nil && !slices.Contains(known, t) && !refusedByRule(v.Type(), t) {
		code := UnknownValue
		if v.Type() == reflect.TypeFor[Category]() {
			code = UnknownCategory
		}
		list := strings.Join(known, ", ")
		d.tell(n.at, path, code, quoteZh(f)+"不能是“"+clip(t)+"”，只能是："+list+"。", quoteEn(f)+" cannot be “"+clip(t)+"”; it is one of: "+list+".")
		return
	}
	if v.Type() == reflect.TypeFor[Date]() && !isDate(t) {
		d.tell(n.at, path, BadDate, quoteZh(f)+"应为 2026-05-28 这样的日期："+clip(t)+"。", quoteEn(f)+" takes a date like 2026-05-28: "+clip(t)+".")
		return
	}
	v.SetString(t)
	d.read(n, path)
}

// isDate takes days of the calendar since 1949.
func isDate(t string) bool {
	day, err := time.Parse(time.DateOnly, t)
	return err == nil && day.Year() >= 1949 && day.Year() < 2200
}

// integer takes whole numbers written without fraction or exponent. Amounts
// (fields that end in _fen) keep money's bounds: 0 to 2^53-1.
func (d *decoder) integer(n *node, v reflect.Value, path string, f spec) {
	isMoney := strings.HasSuffix(f.key, "_fen")
	if n.kind != numberNode {
		if isMoney {
			d.wrongType(n, path, f, "整数（分）", "a whole number of fen")
		} else {
			d.wrongType(n, path, f, "整数", "a whole number")
		}
		return
	}
	if strings.ContainsAny(n.text, ".eE") {
		code := NotInteger
		if isMoney {
			code = fault.AmountInvalid
		}
		d.tell(n.at, path, code, quoteZh(f)+"应为整数，不能有小数或指数："+clip(n.text)+"。", quoteEn(f)+" is a whole number, without fraction or exponent: "+clip(n.text)+".")
		return
	}
	i, err := strconv.ParseInt(n.text, 10, 64)
	switch {
	case isMoney && strings.HasPrefix(n.text, "-"):
		d.tell(n.at, path, fault.AmountInvalid, quoteZh(f)+"不能是负数。", quoteEn(f)+" cannot be negative.")
	case isMoney && (err != nil || i > int64(money.Max)):
		d.tell(n.at, path, fault.AmountTooLarge, quoteZh(f)+"超过 2^53−1 分。", quoteEn(f)+" is above 2^53−1 fen.")
	case err != nil || i > math.MaxInt32 || i < 0:
		if isMoney {
			v.SetInt(i)
			d.read(n, path)
			return
		}
		d.tell(n.at, path, OutOfRange, quoteZh(f)+"超出范围。", quoteEn(f)+" is out of range.")
	default:
		v.SetInt(i)
		d.read(n, path)
	}
}
