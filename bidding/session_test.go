package bidding

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/money"
)

// R8: whoever is enrolled gets into the room as long as bidding lasts, however long it was stayed (R28). What a session's row
// says of its end changes every sixty days and not with the course, so that it does not tell who came when (R18).
func TestR8_ASessionCanBeHadAfterALongStay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, stop := w.start()
	defer stop()
	ctx := t.Context()
	lot := w.openLot(e, sale{}, "AAAAA", "BBBBB")
	for _, code := range []string{"AAAAA", "BBBBB"} {
		w.exec(`INSERT INTO enrolments (id, lot_id, locator, sealed, capacity, rank, bidder_code, passphrase_hash, name_commitment, number_commitment, status)
			VALUES ($1, $2, $3, $4, 'ordinary', 0, $5, $6, repeat('0', 64), repeat('0', 64), 'admitted')`,
			uuid.New(), lot, []byte(code+"0123456789abcdef0123456789a"), make([]byte, 540), code, hashPassphrase("word"))
	}
	d := &Desk{pool: w.pool, clock: w.clock, sessionFor: 120 * 24 * time.Hour, sessions: newSessionCache()}
	const day = 24 * time.Hour
	opened := func(code string, after time.Duration) time.Time {
		t.Helper()
		w.clock.To(w.begin.Add(day + after)) // the announced end is a day after the beginning
		s, err := d.OpenSession(ctx, lot, code, "word")
		if err != nil {
			t.Fatal(err)
		}
		got, err := d.Session(ctx, s.Token)
		if err != nil || got != (BiddingSession{Lot: lot, Code: code}) {
			t.Fatalf("a session opened %s after the announced end: %+v, %v", after, got, err)
		}
		return s.ExpiresAt
	}
	if got := opened("AAAAA", -day); !got.Equal(w.begin.Add(121 * day)) {
		t.Errorf("a session of the first day ends at %s", got)
	}
	if _, err := e.Stay(ctx, StayCommand{Lot: lot, Ground: "court"}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ after, want time.Duration }{
		{60*day - time.Millisecond, 121 * day}, {60 * day, 181 * day}, {120*day - time.Millisecond, 181 * day}, {120 * day, 241 * day},
	} {
		announced := w.begin.Add(day)
		if got := sessionEnd(announced, announced, announced.Add(c.after), 120*day); !got.Equal(w.begin.Add(c.want)) {
			t.Errorf("%s after the announced end a session ends at %s", c.after, got)
		}
	}
	for _, c := range []struct{ after, want time.Duration }{ // the clock runs on meanwhile
		{60*day - time.Hour, 121 * day}, {60 * day, 181 * day}, {120*day - time.Hour, 181 * day}, {120 * day, 241 * day},
	} {
		if got := opened("BBBBB", c.after); !got.Equal(w.begin.Add(c.want)) {
			t.Errorf("a session opened %s after the announced end ends at %s", c.after, got)
		}
	}
	opened("AAAAA", 200*day)
	if _, err := e.Resume(ctx, lot); err != nil {
		t.Fatal(err)
	}
	first := opened("AAAAA", 200*day+time.Hour)
	w.mustBid(e, lot, "AAAAA", money.Fen(10_000_000))
	if second := opened("BBBBB", 200*day+2*time.Hour); !second.Equal(first) {
		t.Errorf("sessions of one day end at %s and at %s", first, second)
	}
}
