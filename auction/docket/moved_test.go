package docket

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestMoved_EveryDayByTheSame(t *testing.T) {
	t.Parallel()
	_, file := readCourt(t)
	before, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	later := file.Moved(365)
	if got, want := later.ReadyOn(), file.ReadyOn().AddDate(0, 0, 365); !got.Equal(want) || want.IsZero() {
		t.Errorf("ready on %s, want %s", got.Format(time.DateOnly), want.Format(time.DateOnly))
	}
	src, err := json.Marshal(later)
	if err != nil {
		t.Fatal(err)
	}
	if _, problems := Parse(bytes.NewReader(src)); len(problems) > 0 {
		t.Error(problems[0].InLine("en"))
	}
	if back, err := json.Marshal(later.Moved(-365).Moved(0)); err != nil || !bytes.Equal(back, mustMove(t, file, 0)) {
		t.Error("moved there and back it is another file", err)
	}
	if after, err := json.Marshal(file); err != nil || !bytes.Equal(before, after) {
		t.Error("the file itself was changed", err)
	}
}

func mustMove(t *testing.T, f File, days int) []byte {
	t.Helper()
	src, err := json.Marshal(f.Moved(days))
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func TestMoved_DaysInTexts(t *testing.T) {
	t.Parallel()
	var f File
	f.Court.Name = Text{"登记簿，2026-10-31；报告 2026-13-40；账号 6299010000118001", "Register, 31 Oct 2026, 8 Sept 2026, 2 June 2026, 31 Foo 2026; lot 12 May 2027"}
	got := f.Moved(1).Court.Name
	want := Text{"登记簿，2026-11-01；报告 2026-13-40；账号 6299010000118001", "Register, 1 Nov 2026, 9 Sep 2026, 3 June 2026, 31 Foo 2026; lot 13 May 2027"}
	if got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if !(File{}).ReadyOn().IsZero() || strings.Contains(f.Moved(-1).Court.Name.Zh, "2026-10-31") {
		t.Error("a file without notices is ready on no day; days move back too")
	}
}
