package handover_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"mingchui/auction/docket"
	"mingchui/auction/handover"
	"mingchui/auction/law"
)

// R20r: the way to the buyer by kind of property and who holds it; every step within fifteen days of the ruling's service.
func TestR20r_TheWayToTheBuyer(t *testing.T) {
	t.Parallel()
	asset := func(c docket.Category, s docket.OccupancyState, h docket.HandoverKind) docket.Asset {
		return docket.Asset{Category: c, Occupancy: docket.Occupancy{State: s, Handover: h}}
	}
	const clearing = "notice_to_vacate 3, deadline_to_vacate 10, inventory 12, clearing_decided 12, clearing_done 14, keys_handed_over 15, record_signed 15"
	const goods = "collection_offered 5, collection_booked 8, collected 15, record_signed 15"
	served := time.Date(2028, 2, 20, 3, 4, 5, 6e6, time.UTC) // over a 29 February
	for name, c := range map[string]struct {
		property []docket.Asset
		want     string
	}{
		"a flat the debtor lives in":  {[]docket.Asset{asset(docket.Flat, docket.HeldByDebtor, docket.CourtVacates)}, clearing},
		"a flat of a third person":    {[]docket.Asset{asset(docket.Villa, docket.HeldByOther, docket.CourtVacates)}, clearing},
		"a lease removed before":      {[]docket.Asset{asset(docket.Shop, docket.HeldByTenant, docket.CourtVacates)}, clearing},
		"an empty shop":               {[]docket.Asset{asset(docket.Shop, docket.Vacant, docket.CourtVacates)}, "inventory 10, keys_handed_over 15, record_signed 15"},
		"a flat with its tenant":      {[]docket.Asset{asset(docket.Flat, docket.HeldByTenant, docket.WithLease)}, "tenant_told 5, record_signed 15"},
		"a car":                       {[]docket.Asset{asset(docket.VehicleCar, docket.CourtHeld, docket.CourtDelivers)}, goods},
		"liquor":                      {[]docket.Asset{asset(docket.Liquor, docket.Stored, docket.CourtDelivers)}, goods},
		"equity":                      {[]docket.Asset{asset(docket.Equity, docket.NotApplicable, docket.ByRegister)}, "register_notified 3, register_changed 15"},
		"a trademark":                 {[]docket.Asset{asset(docket.Trademark, docket.NotApplicable, docket.ByRegister)}, "register_notified 3, register_changed 15"},
		"a factory with its machines": {[]docket.Asset{asset(docket.Machine, docket.Stored, docket.CourtDelivers), asset(docket.Factory, docket.Vacant, docket.CourtVacates)}, "inventory 10, keys_handed_over 15, collection_offered 5, collection_booked 8, collected 15, record_signed 15"},
	} {
		var got []string
		for i, p := range handover.Plan(c.property, law.China2017(), served) {
			days := int(p.DueAt.Sub(served).Hours()) / 24
			if !served.AddDate(0, 0, days).Equal(p.DueAt) || days > 15 || p.Place != i+1 {
				t.Errorf("%s: %s at place %d is due at %s", name, p.Step, p.Place, p.DueAt)
			}
			got = append(got, fmt.Sprintf("%s %d", p.Step, days))
		}
		if s := strings.Join(got, ", "); s != c.want {
			t.Errorf("%s: %s\nwant %s", name, s, c.want)
		}
	}
	for _, p := range handover.Plan([]docket.Asset{asset(docket.Flat, docket.HeldByDebtor, docket.CourtVacates)}, law.Demonstration(), served) {
		if d := p.DueAt.Sub(served); d <= 0 || d > 15*time.Minute {
			t.Errorf("in the demonstration %s is due after %s", p.Step, d)
		}
	}
	if steps := handover.Steps(); len(steps) != 13 || slices.Index(steps, handover.RecordSigned) != 12 {
		t.Errorf("the steps are %v", steps)
	}
}
