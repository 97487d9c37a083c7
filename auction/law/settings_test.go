package law_test

import (
	"errors"
	"testing"
	"time"

	"mingchui/auction/fault"
	"mingchui/auction/law"
)

// R10, R28o, F2: a court's settings lie within the law's bounds, one unit on each side of each.
func TestR10_R28o_SettingsLieWithinTheBounds(t *testing.T) {
	t.Parallel()
	good := law.Settings{ReserveMinPermille: 750, PayOutDays: 10, BriefOutageSeconds: 300}
	for _, c := range []struct {
		change func(s *law.Settings, v int64)
		field  string
		rule   string
		v      int64
		ok     bool
	}{
		{func(s *law.Settings, v int64) { s.ReserveMinPermille = v }, "reserve_min_permille", "R10", 699, false},
		{func(s *law.Settings, v int64) { s.ReserveMinPermille = v }, "reserve_min_permille", "R10", 700, true},
		{func(s *law.Settings, v int64) { s.ReserveMinPermille = v }, "reserve_min_permille", "R10", 1000, true},
		{func(s *law.Settings, v int64) { s.ReserveMinPermille = v }, "reserve_min_permille", "R10", 1001, false},
		{func(s *law.Settings, v int64) { s.PayOutDays = v }, "pay_out_days", "F2", 0, false},
		{func(s *law.Settings, v int64) { s.PayOutDays = v }, "pay_out_days", "F2", 1, true},
		{func(s *law.Settings, v int64) { s.PayOutDays = v }, "pay_out_days", "F2", 30, true},
		{func(s *law.Settings, v int64) { s.PayOutDays = v }, "pay_out_days", "F2", 31, false},
		{func(s *law.Settings, v int64) { s.BriefOutageSeconds = v }, "brief_outage_seconds", "R28o", -1, false},
		{func(s *law.Settings, v int64) { s.BriefOutageSeconds = v }, "brief_outage_seconds", "R28o", 0, true},
		{func(s *law.Settings, v int64) { s.BriefOutageSeconds = v }, "brief_outage_seconds", "R28o", 1800, true},
		{func(s *law.Settings, v int64) { s.BriefOutageSeconds = v }, "brief_outage_seconds", "R28o", 1801, false},
	} {
		s := good
		c.change(&s, c.v)
		r, err := law.China2017().With(s)
		if c.ok {
			if got, known := law.ByName(r.Name); err != nil || r.Settings() != s || !known || got != r || got.Digest() == law.China2017().Digest() {
				t.Errorf("%s of %d: %+v, %v", c.field, c.v, r.Settings(), err)
			}
			continue
		}
		f, _ := errors.AsType[*fault.Error](err)
		if f == nil || f.Code != fault.SettingOutOfBounds || f.Field != c.field || f.Rule != c.rule || f.Args["least"] == nil || f.Args["most"] == nil {
			t.Errorf("%s of %d: %v", c.field, c.v, err)
		}
	}
}

func TestR10_SettingsChangeTheirFiguresAlone(t *testing.T) {
	t.Parallel()
	if got := law.China2017().Settings(); got != (law.Settings{ReserveMinPermille: 700, PayOutDays: 30, BriefOutageSeconds: 600}) {
		t.Errorf("the law's own: %+v", got)
	}
	r, err := law.China2017().With(law.Settings{ReserveMinPermille: 750, PayOutDays: 7, BriefOutageSeconds: 300, MaximumBids: true, NoReserve: true})
	if err != nil || r.Name != "china2017+reserve=750,payout=7,outage=300,maximum=true,noreserve=true" {
		t.Fatalf("%q, %v", r.Name, err)
	}
	want := law.China2017()
	want.Name, want.ReserveMinPermille, want.PayOutWithin, want.BriefOutage, want.MaximumBids, want.NoReserve = r.Name, 750, 7*24*time.Hour, 5*time.Minute, true, true
	if r != want {
		t.Errorf("%+v", r)
	}
	again, err := r.With(law.China2017().Settings())
	if err != nil || again != law.China2017() {
		t.Errorf("back to the law's own: %+v, %v", again, err)
	}
	d, err := law.Demonstration().With(law.Settings{ReserveMinPermille: 700, PayOutDays: 2, BriefOutageSeconds: 60})
	if err != nil || d.PayOutWithin != 2*time.Minute || d.Day != time.Minute {
		t.Errorf("days of minutes: %+v, %v", d, err)
	}
}

// A name is read as it is written and in no other way, so that one set has one name.
func TestR10_ANameOfSettingsIsReadOneWay(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"china2017+", "elsewhere+reserve=750,payout=7,outage=300,maximum=true,noreserve=false", "china2017+reserve=750", "china2017+reserve=750,payout=7,outage=300",
		"china2017+reserve=750,payout=7,outage=300,maximum=true", "china2017+reserve=750,payout=7,outage=x,maximum=true,noreserve=false",
		"china2017+reserve=750,payout=7,outage=300,maximum=false,noreserve=1",
		"china2017+reserve=0750,payout=7,outage=300,maximum=true,noreserve=false", "china2017+payout=7,reserve=750,outage=300,maximum=true,noreserve=false",
		"china2017+reserve=750,payout=7,outage=300,maximum=yes,noreserve=false", "china2017+reserve=699,payout=7,outage=300,maximum=false,noreserve=false",
		"china2017+reserve=700,payout=30,outage=600,maximum=false,noreserve=false", // the law's own has the law's name
		"china2017+reserve=750,payout=7,outage=300,maximum=true,noreserve=false+", "+reserve=750,payout=7,outage=300,maximum=true,noreserve=false",
	} {
		if r, ok := law.ByName(name); ok {
			t.Errorf("%s is read as %s", name, r.Name)
		}
	}
}
