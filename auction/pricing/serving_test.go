package pricing

import (
	"testing"
	"time"

	"github.com/google/uuid"
)

// R10p: a report goes to each party within three days of its receipt (art. 21); five days to object run from the receipt of each
// (art. 22), of a publication from its fifteenth day; a correction takes no objection, an authority's answer none (art. 24).
func TestR10p_TheDaysOfAService(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	at := time.Date(2026, 6, 1, 9, 0, 0, 0, time.UTC)
	appraised, corrected, fallen, late, official := uuid.New(), uuid.New(), uuid.New(), uuid.New(), uuid.New()
	applicant, debtor, other := Who{Applicant, 1}, Who{Debtor, 1}, Who{Interested, 4}
	end := at.Add(15 * day)
	d := Determination{
		State: Open, Day: day, Parties: []Who{applicant, debtor},
		Reports: []Report{
			{ID: appraised, Origin: Appraisal, ReceivedAt: at, InTime: true, State: stands},
			{ID: fallen, Origin: Appraisal, ReceivedAt: at, InTime: true, State: "fallen"},
			{ID: late, Origin: Appraisal, ReceivedAt: at, State: stands},
			{ID: corrected, Origin: Appraisal, ReceivedAt: at, InTime: true, State: stands, Corrects: &fallen},
			{ID: official, Origin: Authority, ReceivedAt: at, InTime: true, State: stands},
		},
		Services: []Service{
			{Report: appraised, Who: debtor, Way: Published, SentAt: at, ReceivedAt: &end},
			{Report: appraised, Who: other, Way: Post, SentAt: at},
			{Report: corrected, Who: debtor, Way: Direct, SentAt: at, ReceivedAt: &at},
			{Report: official, Who: debtor, Way: Direct, SentAt: at, ReceivedAt: &at},
		},
	}
	type line struct {
		report           uuid.UUID
		who              Who
		sendBy, objectBy time.Duration // from at; 0 for none
	}
	want := []line{
		{appraised, applicant, 3 * day, 0},
		{appraised, debtor, 0, 20 * day},
		{appraised, other, 0, 0},
		{corrected, applicant, 3 * day, 0},
		{corrected, debtor, 0, 0},
		{official, applicant, 3 * day, 0},
		{official, debtor, 0, 0},
	}
	got := d.Serving()
	if len(got) != len(want) {
		t.Fatalf("there are %d services, want %d: %+v", len(got), len(want), got)
	}
	since := func(x *time.Time) time.Duration {
		if x == nil {
			return 0
		}
		return x.Sub(at)
	}
	for i, s := range got {
		if is := (line{s.Report.ID, s.Who, since(s.SendBy), since(s.ObjectBy)}); is != want[i] {
			t.Errorf("service %d is %+v, want %+v", i, is, want[i])
		}
	}
	// The next interested person is one after the highest number; the fourth got one report of three.
	if list := d.NextInterested(); len(list) != 2 || list[0] != other || list[1] != (Who{Interested, 5}) {
		t.Errorf("next are %v", list)
	}
	d.Services[1].No = mostInterested - 1
	if list := d.NextInterested(); len(list) != 2 || list[1].No != 200 {
		t.Errorf("after the 199th come %v", list)
	}
	d.Services[1].No = mostInterested
	if list := d.NextInterested(); len(list) != 1 || list[0].No != 200 {
		t.Errorf("after the 200th come %v", list)
	}
}
