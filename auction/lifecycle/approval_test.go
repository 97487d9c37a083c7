package lifecycle_test

import (
	"testing"
	"time"

	"mingchui/auction/law"
	"mingchui/auction/lifecycle"
)

// R12e, R17h, R20r: the ruling is due ten days after payment; where a change of equity takes an approval, after the announced days for it.
func TestR12e_TheRulingWaitsForTheApproval(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	paid := time.Date(2026, 12, 1, 2, 0, 0, 0, time.UTC)
	type due struct {
		rule string
		at   time.Duration
	}
	for _, c := range []struct {
		lot           lifecycle.Lot
		ruling, check due
	}{
		{lifecycle.Lot{}, due{"R20r", 10 * day}, due{}},
		{lifecycle.Lot{Limited: true}, due{"R20r", 10 * day}, due{"R17h", 10 * day}},
		{lifecycle.Lot{ApprovalDays: 1}, due{"R20r", 11 * day}, due{"R12e", day}},
		{lifecycle.Lot{ApprovalDays: 45}, due{"R20r", 55 * day}, due{"R12e", 45 * day}},
	} {
		c.lot.Stage, c.lot.Kind, c.lot.State = law.First, law.OtherRight, lifecycle.Sold
		_, effects, err := lifecycle.Step(law.China2017(), c.lot, lifecycle.Happening{Event: lifecycle.BalancePaid, At: paid})
		if err != nil {
			t.Fatal(err)
		}
		got := map[lifecycle.Duty]due{}
		for _, e := range effects {
			if e.Do == lifecycle.Owe {
				got[e.Duty] = due{e.Rule, e.DueAt.Sub(paid)}
			}
		}
		if got[lifecycle.MakeRuling] != c.ruling || got[lifecycle.CheckEligibility] != c.check {
			t.Errorf("%+v owes %v", c.lot, got)
		}
	}
}
