package docket

import (
	"strings"
	"testing"

	"mingchui/auction/fault"
)

// A broken line is told at its line, and the rest of the file is still read:
// the deposit far below it, wrong too, is told as well.
func TestParse_GoesOnAfterABrokenLine(t *testing.T) {
	t.Parallel()
	src := strings.Replace(smallFile(t), `"deposit_fen": 10400000`, `"deposit_fen": 1`, 1)
	depositLine := 1 + strings.Count(src[:strings.Index(src, `"deposit_fen": 1,`)], "\n")
	for _, c := range []struct {
		name, old, new string
		line           int // of the syntax fault
	}{
		{"comma missing", `"kind": "civil",`, `"kind": "civil"`, 22},
		{"comma twice", `"kind": "civil",`, `"kind": "civil",,`, 21},
		{"quote missing at the end", `"filed_on": "2026-03-02",`, `"filed_on": "2026-03-02,`, 22},
		{"key without quotes", `"filed_on": "2026-03-02",`, `filed_on: "2026-03-02",`, 22},
		{"value without quotes", `"kind": "civil",`, `"kind": civil,`, 21},
		{"single quotes", `"kind": "civil",`, `"kind": 'civil',`, 21},
		{"colon missing", `"kind": "civil",`, `"kind" "civil",`, 21},
		{"no value", `"kind": "civil",`, `"kind": ,`, 21},
		{"leading nought", `"claim_fen": 132640055`, `"claim_fen": 0132640055`, 36},
		{"comma after the last", `"publishable": true`, `"publishable": true,`, 29},
		{"unknown escape", `"kind": "civil",`, `"kind": "civi\l",`, 21},
		{"lone surrogate", `"en": "loan agreement with a bank"`, `"en": "loan \ud83d agreement"`, 23},
		{"tab in a text", `"en": "loan agreement with a bank"`, "\"en\": \"loan\tagreement\"", 23},
		{"comment", `"kind": "civil",`, `"kind": "civil", // civil`, 21},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			changed := strings.Replace(src, c.old, c.new, 1)
			_, problems := Parse(strings.NewReader(changed))
			syntax, deposit := false, false
			for _, p := range problems {
				syntax = syntax || (p.Code == Syntax && p.Line == c.line)
				deposit = deposit || (p.Code == fault.DepositOutOfBounds && p.Line == depositLine)
			}
			if !syntax || !deposit {
				for _, p := range problems {
					t.Log(p.InLine("en"))
				}
				t.Errorf("syntax fault on line %d told: %t; deposit on line %d told: %t", c.line, syntax, depositLine, deposit)
			}
			if len(problems) > 6 {
				t.Errorf("one broken line made %d problems", len(problems))
			}
		})
	}
}

func TestParse_NumbersAreThoseOfJSON(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"0": true, "-0": true, "10": true, "1.5": true, "1e5": true, "1E-5": true, "-1.25e+30": true, "1e999": true,
		"": false, "-": false, "01": false, "1.": false, ".5": false, "1e": false, "1e+": false, "+1": false, "1.e5": false, "--1": false, "1-2": false,
	} {
		if isNumber(text) != want {
			t.Errorf("isNumber(%q) is not %t", text, want)
		}
	}
}

// Refs are written in many places, so changing one makes several problems.
func TestParse_Refs(t *testing.T) {
	t.Parallel()
	src := smallFile(t)
	for _, c := range []struct {
		name, old, new string
		want           fault.Code
	}{
		{"asset ref twice", `"ref": "MH-A020"`, `"ref": "MH-A001"`, DuplicateRef},
		{"lot ref twice", `"ref": "MH-020"`, `"ref": "MH-001"`, DuplicateRef},
		{"ref with a blank", `"ref": "MH-A001"`, `"ref": "MH A001"`, BadRef},
		{"equity priced by costs with an appraisal", "\"appraisal_fen\": 216000000,\n          \"pricing_basis\": {\n            \"origin\": \"appraisal\"", "\"appraisal_fen\": 216000000,\n          \"pricing_basis\": {\n            \"origin\": \"costs\"", PriceMismatch},
		{"market price called an appraisal", "\"appraisal_fen\": 148600000", "\"market_price_fen\": 148600000", PriceMismatch},
		{"a name in a text", `"name": {"zh": "周某", "en": "Zhou"}`, `"name": {"zh": "市不动产", "en": "Zhou"}`, PersonNamed},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			changed := strings.Replace(src, c.old, c.new, 1)
			if changed == src {
				t.Fatal("nothing was changed")
			}
			_, problems := Parse(strings.NewReader(changed))
			for _, p := range problems {
				if p.Code == c.want {
					return
				}
			}
			t.Errorf("no %s among %v", c.want, problems)
		})
	}
}

func TestParse_Bounds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, src string
		want      fault.Code
		line      int
	}{
		{"empty", " \n", Syntax, 1},
		{"not UTF-8", "{\n\"format\": \"\xff\"}", Syntax, 2},
		{"larger than allowed", strings.Repeat(" ", MaxFileBytes+1), TooLarge, 1},
		{"nested too deep", strings.Repeat("[", 1000), TooDeep, 1},
		{"a list in place of the file", "[]", WrongType, 1},
		{"cut off", `{"format": "mingchui-docket/1",`, Syntax, 1},
		{"two documents", "{}\n{}", Syntax, 2},
		{"too many problems", "{" + strings.Repeat("\"x\": 1,\n", 3000) + "\"x\": 1}", TooManyProblems, 1000},
		{"too many cases", `{"cases": [` + strings.Repeat("{},", 500) + "\n{}]}", TooMany, 2},
		{"text too long", `{"court": {"phone": "` + strings.Repeat("1", 41) + `"}}`, TooLong, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, problems := Parse(strings.NewReader(c.src))
			if len(problems) > maxProblems+1 {
				t.Errorf("%d problems", len(problems))
			}
			for _, p := range problems {
				if p.Code == c.want && p.Line >= c.line {
					return
				}
			}
			t.Errorf("no %s among %d problems", c.want, len(problems))
		})
	}
}

// Parse answers any bytes with problems that stand in the file, and never panics.
func FuzzParse(f *testing.F) {
	src := smallFile(f)
	f.Add(src)
	f.Add(`{"format": "mingchui-docket/1", "court": {"code": 1}, "cases": [{}, {"assets": [{}], "lots": [{"asset_refs": [""]}]}]}`)
	f.Add(`{"cases":[{"lots":[{"stage":"second","starting_price_fen":1,"previous":[{}]},{"stage":"sell_off","starting_price_fen":1,"previous":[{},{}]}]}]}`)
	f.Add(`{"a": [1, -, .5, 1e, "\u12`)
	f.Add("\"\\")
	f.Fuzz(func(t *testing.T, src string) {
		_, problems := Parse(strings.NewReader(src))
		lines := 1 + strings.Count(src, "\n")
		for _, p := range problems {
			if p.Line < 1 || p.Line > lines || p.Column < 1 || p.Code == "" || p.Message.Zh == "" || p.Message.En == "" {
				t.Fatalf("%+v in a file of %d lines", p, lines)
			}
		}
	})
}
