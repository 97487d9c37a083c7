package audit_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"mingchui/auction/audit"
	"mingchui/auction/fault"
)

type inner struct {
	Text string   `json:"text"`
	List []string `json:"list,omitempty"`
}

type sample struct {
	Count  int64     `json:"count"`
	Small  uint16    `json:"small,omitempty"`
	Yes    bool      `json:"yes"`
	At     time.Time `json:"at"`
	Inner  inner     `json:"inner"`
	Other  *inner    `json:"other,omitempty"`
	Inners []inner   `json:"inners"`
	Hidden string    `json:"-"`
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	out, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestCanonicalWritesOneForm(t *testing.T) {
	t.Parallel()
	got, err := audit.Canonical(sample{
		Count: -5, Yes: true, At: at(t, "2026-06-18T10:20:57.05+08:00"), Hidden: "never",
		Inner: inner{Text: "a\"b\\c/<>&\u2028槌\x01\n"}, Inners: []inner{{Text: "x", List: []string{"y"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"count":-5,"yes":true,"at":"2026-06-18T02:20:57.050Z","inner":{"text":"a\"b\\c/<>&` + "\u2028" + `槌\u0001\n"},` +
		`"inners":[{"text":"x","list":["y"]}]}`
	if string(got) != want {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
	if err := audit.Valid(got); err != nil {
		t.Fatal(err)
	}
}

func TestCanonicalRefuses(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]any{
		"float": struct {
			F float64 `json:"f"`
		}{1},
		"map": struct {
			M map[string]int `json:"m"`
		}{},
		"duration": struct {
			D time.Duration `json:"d"`
		}{time.Second},
		"interface": struct {
			A any `json:"a"`
		}{1},
		"untagged": struct{ A int }{1},
		"too large": struct {
			N int64 `json:"n"`
		}{audit.MaxInteger + 1},
		"nil pointer": struct {
			P *inner `json:"p"`
		}{},
		"bad UTF-8": inner{Text: "\xff"},
		"fine time": struct {
			T time.Time `json:"t"`
		}{time.Unix(0, 1)},
		"nothing": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := audit.Canonical(v); fault.CodeOf(err) != fault.EntryNotCanonical {
				t.Fatalf("got %s, %v", got, err)
			}
		})
	}
}

// TestDecodeIsInverse: whatever Canonical writes, Decode reads back, and writing it again gives the same bytes.
func TestDecodeIsInverse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		in := sample{
			Count: rapid.Int64Range(-audit.MaxInteger, audit.MaxInteger).Draw(rt, "count"),
			Small: rapid.Uint16().Draw(rt, "small"),
			Yes:   rapid.Bool().Draw(rt, "yes"),
			At:    time.UnixMilli(rapid.Int64Range(0, 253402300799999).Draw(rt, "at")).UTC(),
			Inner: inner{Text: rapid.String().Draw(rt, "text"), List: rapid.SliceOf(rapid.String()).Draw(rt, "list")},
		}
		if rapid.Bool().Draw(rt, "other") {
			in.Other = &inner{Text: rapid.String().Draw(rt, "other text")}
		}
		first, err := audit.Canonical(in)
		if err != nil {
			rt.Fatal(err)
		}
		var out sample
		if err := audit.Decode(first, &out); err != nil {
			rt.Fatalf("%s: %v", first, err)
		}
		second, err := audit.Canonical(out)
		if err != nil || string(first) != string(second) {
			rt.Fatalf("%v\n%s\n%s", err, first, second)
		}
		if err := audit.Valid(first); err != nil {
			rt.Fatal(err)
		}
	})
}

func TestParseRefusesOtherForms(t *testing.T) {
	t.Parallel()
	const good = `{"v":1,"kind":"course.bid","at":"2026-06-18T02:20:57.052Z","case":"01968000-0000-7000-8000-00000000000a",` +
		`"lot":"01968000-0000-7000-8000-00000000000b","seq":211,"body":{"amount_fen":5,"note":"a/b"}}`
	e, err := audit.Parse([]byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if e.Seq != 211 || e.Kind != "course.bid" || string(e.Body) != `{"amount_fen":5,"note":"a/b"}` {
		t.Fatalf("read %+v", e)
	}
	for name, change := range map[string][2]string{
		"space":              {`"seq":211`, `"seq": 211`},
		"newline at the end": {`a/b"}}`, "a/b\"}}\n"},
		"float":              {`:5,`, `:5.0,`},
		"exponent":           {`:5,`, `:5e0,`},
		"leading zero":       {`:5,`, `:05,`},
		"minus zero":         {`:5,`, `:-0,`},
		"above 2^53":         {`:5,`, `:9007199254740992,`},
		"null":               {`:5,`, `:null,`},
		"name twice":         {`"note":"a/b"`, `"note":"a","note":"b"`},
		"needless escape":    {`a/b`, `a\/b`},
		"long escape":        {`a/b`, `a\u000ab`},
		"upper-case escape":  {`a/b`, `a\u001Fb`},
		"letter escaped":     {`a/b`, `\u0061b`},
		"raw control":        {`a/b`, "a\x01b"},
		"bad UTF-8":          {`a/b`, "a\xffb"},
		"other zone":         {`.052Z`, `.052+00:00`},
		"microseconds":       {`.052Z`, `.052000Z`},
		"no such day":        {`06-18`, `02-30`},
		"leap second":        {`02:20:57`, `02:20:60`},
		"upper-case id":      {`00000000000a`, `00000000000A`},
		"nil id":             {`01968000-0000-7000-8000-00000000000a`, `00000000-0000-0000-0000-000000000000`},
		"seq zero":           {`"seq":211`, `"seq":0`},
		"seq without lot":    {`"lot":"01968000-0000-7000-8000-00000000000b",`, ``},
		"other version":      {`"v":1`, `"v":2`},
		"kind in capitals":   {`course.bid`, `Course.bid`},
		"keys swapped":       {`{"v":1,"kind":"course.bid",`, `{"kind":"course.bid","v":1,`},
		"key added":          {`"seq":211`, `"seq":211,"more":1`},
		"body not object":    {`{"amount_fen":5,"note":"a/b"}`, `[]`},
		"cut":                {`}}`, `}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bad := strings.Replace(good, change[0], change[1], 1)
			if bad == good {
				t.Fatal("the change changes nothing")
			}
			if _, err := audit.Parse([]byte(bad)); fault.CodeOf(err) != fault.EntryNotCanonical || fault.KindOf(err) != fault.Invalid {
				t.Fatalf("accepted %s: %v", bad, err)
			}
		})
	}
}

func TestNewMakesTheSameIDFromTheSameBytes(t *testing.T) {
	t.Parallel()
	lot := uuid.Must(uuid.NewV7())
	now := at(t, "2026-06-18T02:20:57.0529Z")
	make1, err := audit.New("course.bid", now, nil, &lot, 1, inner{Text: "a"})
	if err != nil {
		t.Fatal(err)
	}
	make2, err := audit.New("course.bid", now, nil, &lot, 1, inner{Text: "a"})
	if err != nil {
		t.Fatal(err)
	}
	other, err := audit.New("course.bid", now, nil, &lot, 1, inner{Text: "b"})
	if err != nil {
		t.Fatal(err)
	}
	if make1.ID != make2.ID || make1.ID == other.ID || make1.ID.Version() != 7 || make1.ID.Variant() != uuid.RFC4122 {
		t.Fatalf("ids %s, %s, %s", make1.ID, make2.ID, other.ID)
	}
	sec, nsec := make1.ID.Time().UnixTime()
	if got := time.Unix(sec, nsec); !got.Equal(audit.Millis(now)) {
		t.Fatalf("the id says %s", got)
	}
	back, err := audit.Parse(make1.Bytes)
	if err != nil || back.ID != make1.ID || back.LeafHash != make1.LeafHash || !back.At.Equal(make1.At) {
		t.Fatalf("%v: %+v", err, back)
	}
	if _, err := audit.New("course.bid", now, nil, nil, 1, inner{}); fault.CodeOf(err) != fault.EntryNotCanonical {
		t.Fatalf("a seq without a lot: %v", err)
	}
}

// FuzzParse: what is accepted is canonical, so writing it again from what was read gives the same bytes.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"v":1,"kind":"a.b","at":"2026-06-18T02:20:57.052Z","body":{}}`))
	f.Add([]byte(`{"v":1,"kind":"a","at":"2026-06-18T02:20:57.052Z","lot":"01968000-0000-7000-8000-00000000000b","seq":3,` +
		`"body":{"a":[1,-2,{"b":"\\\"\u0000槌"}],"c":true}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := audit.Parse(b)
		if err != nil {
			return
		}
		again, err := audit.NewRaw(e.Kind, e.At, orNil(e.CaseID), orNil(e.LotID), e.Seq, e.Body)
		if err != nil || string(again.Bytes) != string(b) || again.ID != e.ID {
			t.Fatalf("%v\n%s\n%s", err, b, again.Bytes)
		}
		if err := audit.Valid(b); err != nil {
			t.Fatal(err)
		}
	})
}

func orNil(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

// FuzzDecode: a struct that was read writes the same bytes.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"count":-5,"yes":true,"at":"2026-06-18T02:20:57.050Z","inner":{"text":"a\n"},"inners":[{"text":"x","list":["y"]}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var v sample
		if audit.Decode(b, &v) != nil {
			return
		}
		again, err := audit.Canonical(v)
		if err != nil || string(again) != string(b) {
			t.Fatalf("%v\n%s\n%s", err, b, again)
		}
	})
}
