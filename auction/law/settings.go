package law

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"mingchui/auction/fault"
)

// Settings are the figures that a court chooses within the law's bounds (rules.md's last table). All else of a rule set is the law's.
type Settings struct {
	// ReserveMinPermille: the least first starting price against the appraisal or the market price. At least 700 (R10, OJA 10).
	ReserveMinPermille int64 `json:"reserve_min_permille"`
	// PayOutDays from finance's notice, 1 to 30 (F2).
	PayOutDays int64 `json:"pay_out_days"`
	// BriefOutageSeconds: after an outage of so many the clock runs on by itself, 0 to 1,800 (R28o).
	BriefOutageSeconds int64 `json:"brief_outage_seconds"`
	// MaximumBids: lots may offer them, announced with the lot (R20a).
	MaximumBids bool `json:"maximum_bids"`
	// NoReserve: property of a criminal case that stayed unsold to the last may be sold once more without a reserve (R26n).
	NoReserve bool `json:"no_reserve"`
}

// SettingBound is between what a setting lies, both ends included, and by which row.
type SettingBound struct {
	Field string
	Rule  string
	// Unit is permille, days or seconds.
	Unit        string
	Least, Most int64
}

// SettingBounds are the bounds of the settings, in Settings' order.
func SettingBounds() []SettingBound {
	return []SettingBound{
		{"reserve_min_permille", "R10", "permille", 700, 1000},
		{"pay_out_days", "F2", "days", 1, 30},
		{"brief_outage_seconds", "R28o", "seconds", 0, 1800},
	}
}

func (s Settings) figures() []int64 {
	return []int64{s.ReserveMinPermille, s.PayOutDays, s.BriefOutageSeconds}
}

// Settings are those of the rule set.
func (r RuleSet) Settings() Settings {
	return Settings{
		ReserveMinPermille: r.ReserveMinPermille, PayOutDays: int64(r.PayOutWithin / r.Day),
		BriefOutageSeconds: int64(r.BriefOutage / time.Second), MaximumBids: r.MaximumBids, NoReserve: r.NoReserve,
	}
}

// With is the rule set with a court's settings. It has a name of its own, which says them: lots and entries that hold the name hold
// the settings they were announced under. Settings that are the rule set's own change nothing.
//
// Faults: setting_out_of_bounds (invalid, with least and most, by the setting's rule).
func (r RuleSet) With(s Settings) (RuleSet, error) {
	for i, b := range SettingBounds() {
		if v := s.figures()[i]; v < b.Least || v > b.Most {
			return RuleSet{}, fault.New(fault.Invalid, fault.SettingOutOfBounds).InField(b.Field).ByRule(b.Rule).With("least", b.Least).With("most", b.Most).With("unit", b.Unit)
		}
	}
	base, _, _ := strings.Cut(r.Name, settingsMark)
	own, _ := named(base)
	if own.Settings() == s {
		return own, nil
	}
	r = own
	r.Name = fmt.Sprintf("%s%sreserve=%d,payout=%d,outage=%d,maximum=%t,noreserve=%t", base, settingsMark,
		s.ReserveMinPermille, s.PayOutDays, s.BriefOutageSeconds, s.MaximumBids, s.NoReserve)
	r.ReserveMinPermille, r.PayOutWithin = s.ReserveMinPermille, time.Duration(s.PayOutDays)*r.Day
	r.BriefOutage, r.MaximumBids, r.NoReserve = time.Duration(s.BriefOutageSeconds)*time.Second, s.MaximumBids, s.NoReserve
	return r, nil
}

// settingsMark stands between the name of a rule set and a court's settings of it.
const settingsMark = "+"

// withSettings reads a name with settings; false for what With would not have written.
func withSettings(name string) (RuleSet, bool) {
	base, text, _ := strings.Cut(name, settingsMark)
	r, ok := named(base)
	if !ok {
		return RuleSet{}, false
	}
	said := map[string]string{}
	for p := range strings.SplitSeq(text, ",") {
		key, value, _ := strings.Cut(p, "=")
		said[key] = value
	}
	figure := func(key string) (v int64) {
		if n, err := strconv.Atoi(said[key]); err == nil {
			v = int64(n)
		}
		return v // what is no number has another name than was read
	}
	r, err := r.With(Settings{
		ReserveMinPermille: figure("reserve"), PayOutDays: figure("payout"), BriefOutageSeconds: figure("outage"),
		MaximumBids: said["maximum"] == "true", NoReserve: said["noreserve"] == "true",
	})
	return r, err == nil && r.Name == name
}
