package docket_test

import (
	"strings"
	"testing"

	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
)

// R26n: the property is offered once the last sale has ended: on its day, not on the day before; of a file without an earlier sale its own
// row tells.
func TestR26n_TheOfferFollowsTheLastSale(t *testing.T) {
	t.Parallel()
	rules := law.China2017()
	rules.NoReserve = true
	ended := func(days ...docket.Date) (list []docket.PreviousSale) {
		for _, d := range days {
			list = append(list, docket.PreviousSale{EndedOn: d})
		}
		return list
	}
	for name, c := range map[string]struct {
		before []docket.PreviousSale
		ok     bool
	}{
		"no sale before":               {nil, true},
		"on the day":                   {ended("2026-06-10"), true},
		"the day before":               {ended("2026-06-11"), false},
		"after the last of two":        {ended("2026-06-11", "2026-06-10"), true},
		"before the last of two ended": {ended("2026-06-09", "2026-06-11"), false},
	} {
		l := &docket.Lot{Stage: law.NoReserve, Previous: c.before, NoReserve: &docket.NoReserve{
			Ground: docket.FinanceAsks, OfferedOn: "2026-06-10", AnsweredOn: "2026-06-10", Document: strings.Repeat("a", 64),
		}}
		list := docket.CheckNoReserve(rules, docket.Criminal, l, "2026-06-10")
		if c.ok != (len(list) == 0) || !c.ok && list[0].Code != fault.NoReserveDates {
			t.Errorf("%s: %+v", name, list)
		}
	}
}
