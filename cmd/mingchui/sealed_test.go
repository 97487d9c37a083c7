package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/bidding"
	"mingchui/bidding/seal"
	"mingchui/cmd/mingchui/house"
)

// sealedSale is a lot that is announced and to be bid for in a month.
func (w *world) sealedSale() *sale {
	w.t.Helper()
	s := &sale{world: w, model: w.figures.sale(w.now(), w.rules)}
	s.start, s.step = s.model.Lots[0].StartingPriceFen, s.model.Lots[0].IncrementFen
	s.caseID, s.lot = w.list(s.model)
	s.starts, s.ends = w.announce(s.lot, w.rules.AnnounceLead(law.First, law.Immovable)+time.Hour, 24*time.Hour)
	return s
}

func (w *world) account(p person) uuid.UUID {
	w.t.Helper()
	a, err := w.rig.House.Accounts.ByLogin(w.t.Context(), p.login)
	if err != nil {
		w.t.Fatal(err)
	}
	return a.ID
}

// buyer asks for who is behind a code, as the confirmation does, and keeps nothing.
func (s *sale) buyer(code string) (name string, err error) {
	s.t.Helper()
	errKept := errors.New("not kept")
	err = pgx.BeginFunc(s.t.Context(), s.pool, func(tx pgx.Tx) error {
		b, err := s.rig.House.Desk.Buyer(s.t.Context(), tx, s.now(), s.lot, code)
		if err != nil {
			return err
		}
		name = b.Name
		return errKept
	})
	if errors.Is(err, errKept) {
		err = nil
	}
	return name, err
}

// opening writes the trail by hand, as a person with the database would.
func (s *sale) opening(code string) error {
	s.t.Helper()
	_, err := s.pool.Exec(s.t.Context(), `INSERT INTO openings (id, lot_id, bidder_code, purpose, duty, at)
		VALUES (gen_random_uuid(), $1, $2, 'confirmation', 'confirm_sale', $3)`, s.lot, code, s.now())
	return err
}

func (s *sale) refusedBySQL(err error, constraint string) {
	s.t.Helper()
	pg, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || (constraint != "" && pg.ConstraintName != constraint) {
		s.t.Errorf("SQL answers %v, want %s", err, constraint)
	}
}

// R18, I7: before the committed close neither Go nor SQL opens anything, after it the buyer alone, on a trail that is only
// added to; what was swapped meanwhile is found, and nothing is published.
func TestI7_OnlyTheBuyerIsOpenedAndOnlyAfterTheClose(t *testing.T) {
	t.Parallel()
	w := openWorld(t, seedOf(t), law.China2017())
	s := w.sealedSale()
	s.seats = []*seat{w.admitted(w.register(), s.lot), w.admitted(w.register(), s.lot)}
	s.to(s.starts.Add(time.Minute))
	s.took(s.seats[0], s.seats[0].raise(s.start))
	s.took(s.seats[1], s.seats[1].raise(s.start+s.step))
	loser, winner := s.seats[0], s.seats[1]
	if name, err := s.buyer(winner.code); fault.CodeOf(err) != fault.StateConflict || name != "" {
		t.Errorf("before the end the leader is opened: %q, %v", name, err)
	}
	s.refusedBySQL(s.opening(winner.code), "openings_after_close")

	// The course closes; its duties wait.
	w.step(s.ends.Add(time.Second))
	await(t, "the close", 20*time.Millisecond, func() bool {
		var closed bool
		if err := s.pool.QueryRow(t.Context(), `SELECT phase = 'closed' FROM courses WHERE lot_id = $1`, s.lot).Scan(&closed); err != nil {
			t.Fatal(err)
		}
		return closed
	})
	if _, err := s.buyer(loser.code); fault.CodeOf(err) != fault.StateConflict {
		t.Errorf("the loser is opened: %v", err)
	}
	s.refusedBySQL(s.opening(loser.code), "openings_after_close")
	var me struct {
		RealName string `json:"real_name"`
	}
	winner.again()
	winner.get("/api/v1/me").into(&me)
	s.swapped(loser, winner)
	if name, err := s.buyer(winner.code); err != nil || name != me.RealName {
		t.Errorf("the buyer opens to %q, %v, want %q", name, err, me.RealName)
	}
	s.to(s.ends.Add(2 * time.Second))
	if v := s.public.lot(s.lot); v.Confirmation == nil || v.Confirmation.BuyerName != me.RealName {
		t.Errorf("the confirmation names %+v", v.Confirmation)
	}
	var purposes string
	err := s.pool.QueryRow(t.Context(), `SELECT string_agg(purpose || ' ' || bidder_code, ', ' ORDER BY purpose) FROM openings`).Scan(&purposes)
	if err != nil || purposes != "confirmation "+winner.code+", deposit "+winner.code {
		t.Errorf("the trail holds %q, %v", purposes, err)
	}
	for _, sql := range []string{`UPDATE openings SET bidder_code = 'XXXXX'`, `DELETE FROM openings`, `TRUNCATE openings`} {
		_, err := s.pool.Exec(t.Context(), sql)
		s.refusedBySQL(err, "")
	}
	w.rig.Fsck()
	s.fsckFinds(winner)
}

// swapped changes who is behind the winning code in each way that somebody with the database could, and puts it back.
func (s *sale) swapped(loser, winner *seat) {
	s.t.Helper()
	args := pgx.NamedArgs{"lot": s.lot, "loser": loser.code, "winner": winner.code}
	for name, changes := range map[string][]string{
		"the sealed identity": {`UPDATE enrolments SET sealed = (SELECT sealed FROM enrolments WHERE lot_id = @lot AND bidder_code = @loser)
			WHERE lot_id = @lot AND bidder_code = @winner`},
		"the commitment": {`UPDATE enrolments SET name_commitment = (SELECT name_commitment FROM enrolments WHERE lot_id = @lot AND bidder_code = @loser)
			WHERE lot_id = @lot AND bidder_code = @winner`},
		"the codes": {
			`UPDATE enrolments SET bidder_code = 'OTHER' WHERE lot_id = @lot AND bidder_code = @loser`,
			`UPDATE enrolments SET bidder_code = @loser WHERE lot_id = @lot AND bidder_code = @winner`,
			`UPDATE enrolments SET bidder_code = @winner WHERE lot_id = @lot AND bidder_code = 'OTHER'`,
		},
	} {
		errKept := errors.New("not kept")
		err := pgx.BeginFunc(s.t.Context(), s.pool, func(tx pgx.Tx) error {
			for _, sql := range changes {
				if _, err := tx.Exec(s.t.Context(), sql, args); err != nil {
					return err
				}
			}
			if _, err := s.rig.House.Desk.Buyer(s.t.Context(), tx, s.now(), s.lot, winner.code); fault.CodeOf(err) != fault.SealBroken {
				s.t.Errorf("with %s swapped the buyer opens: %v", name, err)
			}
			return errKept
		})
		if !errors.Is(err, errKept) {
			s.t.Fatal(err)
		}
	}
	// A changed account is no swap: the name is the one that enrolled.
	if _, err := s.pool.Exec(s.t.Context(), `UPDATE accounts SET real_name = '冒名者' WHERE id = $1`, s.account(winner.person)); err != nil {
		s.t.Fatal(err)
	}
}

// fsckFinds plants what the triggers refuse and expects fsck to name it.
func (s *sale) fsckFinds(winner *seat) {
	s.t.Helper()
	conn, err := pgx.Connect(s.t.Context(), s.rig.PostgresURL)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(s.t.Context())) }() // the database goes with the test
	for _, sql := range []string{
		`SET session_replication_role = replica`,
		`UPDATE openings SET at = at - interval '1 day' WHERE purpose = 'deposit'`,
		`UPDATE openings SET bidder_code = 'XXXXX' WHERE purpose = 'confirmation'`,
		`UPDATE enrolments SET name_commitment = number_commitment WHERE bidder_code = '` + winner.code + `'`,
		`ALTER TABLE bids ADD COLUMN account_id uuid`,
	} {
		if _, err := conn.Exec(s.t.Context(), sql); err != nil {
			s.t.Fatal(err)
		}
	}
	found, err := bidding.FsckSealed(s.t.Context(), s.pool)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, want := range []string{"opened before the close", "rests on no opening", "is not its admission's", "opens another commitment", "holds accounts beside codes"} {
		ok := false
		for _, p := range found {
			ok = ok || (p.Invariant == "I7" && strings.Contains(p.Detail, want))
		}
		if !ok {
			s.t.Errorf("fsck does not find %q: %+v", want, found)
		}
	}
}

// R34: who is barred while a sale runs is excluded from it, by the locator; a code that waits for its deposit is never
// admitted. Others bid on.
func TestR34_ABarredAccountIsExcludedFromRunningSales(t *testing.T) {
	t.Parallel()
	w := openWorld(t, seedOf(t), law.China2017())
	s := w.sealedSale()
	barred, other := w.admitted(w.register(), s.lot), w.admitted(w.register(), s.lot)
	waiting := w.enrol(w.register(), s.lot)
	s.to(s.starts.Add(time.Minute))
	s.took(barred, barred.raise(s.start))
	for _, who := range []*seat{barred, waiting} {
		if err := w.rig.House.Accounts.Bar(t.Context(), w.account(who.person), "staff of the appraiser"); err != nil {
			t.Fatal(err)
		}
	}
	w.settle()
	s.took(other, other.raise(s.start+s.step))
	barred.bid(s.start+2*s.step).refused(http.StatusUnauthorized, "bidding_session_required")
	w.public.post(path(s.lot, "bidding-sessions"), map[string]string{"bidder_code": barred.code, "passphrase": barred.passphrase}).
		refused(http.StatusUnauthorized, "passphrase_wrong")
	if _, err := w.rig.House.Engine.Bid(t.Context(), bidding.Bid{Lot: s.lot, Code: barred.code, Amount: 1, Key: "k", ReceivedAt: w.now()}); fault.CodeOf(err) != fault.Excluded {
		t.Errorf("the course takes the excluded code: %v", err)
	}
	var e enrolment
	waiting.get(path(s.lot, "enrolments/me")).into(&e) // the first page ran out meanwhile
	payOn(t, e.Deposit.PaymentURL, "succeed")
	w.settle()
	waiting.get(path(s.lot, "enrolments/me")).into(&e)
	if e.Status != "excluded" || e.Deposit.Status != "held" {
		t.Errorf("who was barred before paying: %+v", e)
	}
	w.rig.Fsck()
}

// A lost passphrase is replaced by its owner: the old one and its sessions end, on other nodes too, before their caches run out.
func TestR18_ANewPassphraseEndsTheSessionsOfTheOld(t *testing.T) {
	t.Parallel()
	w := openWorld(t, seedOf(t), law.China2017())
	s := w.sealedSale()
	mine := w.admitted(w.register(), s.lot)
	config := w.config
	config.Roles, config.Registry = house.Roles{Web: true}, nil
	second, err := house.Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(second.Close)
	ctx, stop := context.WithCancel(t.Context())
	listening := make(chan error, 1)
	go func() { listening <- second.Desk.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-listening; err != nil {
			t.Error(err)
		}
	})
	// A session that this node closes is forgotten by the second at once; when that is so, it listens.
	await(t, "the second node to listen", time.Millisecond, func() bool {
		open, err := w.rig.House.Desk.OpenSession(t.Context(), s.lot, mine.code, mine.passphrase)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := second.Desk.Session(t.Context(), open.Token); err != nil {
			t.Fatal(err)
		}
		if err := w.rig.House.Desk.CloseSession(t.Context(), open.Token); err != nil {
			t.Fatal(err)
		}
		if err := w.rig.NATS.Flush(); err != nil {
			t.Fatal(err)
		}
		_, err = second.Desk.Session(t.Context(), open.Token)
		return fault.KindOf(err) == fault.Unauthenticated
	})
	if _, err := second.Desk.Session(t.Context(), mine.session.token); err != nil {
		t.Fatal(err)
	}
	old := *mine
	var e enrolment
	mine.post(path(s.lot, "enrolments/me/passphrase"), nil).into(&e)
	if e.BidderCode != mine.code || e.Passphrase == "" || e.Passphrase == mine.passphrase {
		t.Fatalf("a new passphrase: %+v", e)
	}
	await(t, "the second node to forget the session", time.Millisecond, func() bool {
		_, err := second.Desk.Session(t.Context(), mine.session.token)
		return fault.KindOf(err) == fault.Unauthenticated
	})
	old.bid(s.start).refused(http.StatusUnauthorized, "bidding_session_required")
	w.public.post(path(s.lot, "bidding-sessions"), map[string]string{"bidder_code": old.code, "passphrase": old.passphrase}).
		refused(http.StatusUnauthorized, "passphrase_wrong")
	mine.passphrase = e.Passphrase
	mine.openSession()
	s.to(s.starts.Add(time.Minute))
	mine.raise(s.start)
	w.register().post(path(s.lot, "enrolments/me/passphrase"), nil).refused(http.StatusNotFound, "not_enrolled")
}

// A server without the sealing key of a running lot does not start and says which key is missing; with the new key before
// the old one it does, and after resealing with the new one alone.
func TestR18_ALostKeyIsSaidAndAKeyCanBeReplaced(t *testing.T) {
	t.Parallel()
	w := openWorld(t, seedOf(t), law.China2017())
	s := w.sealedSale()
	mine := w.admitted(w.register(), s.lot)
	next := bytes.Repeat([]byte{9}, seal.KeyBytes)
	open := func(keys ...[]byte) error {
		config := w.config
		config.Roles, config.Registry, config.SealingKeys = house.Roles{Web: true}, nil, keys
		h, err := house.Open(t.Context(), config)
		if err != nil {
			return err
		}
		defer h.Close()
		e, err := h.Desk.Mine(t.Context(), w.account(mine.person), s.lot)
		if err == nil && e.BidderCode != mine.code {
			t.Errorf("the account finds code %s, its own is %s", e.BidderCode, mine.code)
		}
		return err
	}
	if err := open(next); fault.CodeOf(err) != fault.SealingKeyMissing || !strings.Contains(err.Error(), "of 1 lots") {
		t.Errorf("without the key the server starts: %v", err)
	}
	if err := open(next, w.config.SealingKeys[0]); err != nil {
		t.Errorf("with both keys: %v", err)
	}
	ring, err := seal.NewRing(next, w.config.SealingKeys[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{1, 0} {
		if n, err := bidding.Rewrap(t.Context(), s.pool, ring); err != nil || n != want {
			t.Errorf("resealing changed %d lots, %v, want %d", n, err, want)
		}
	}
	if err := open(next); err != nil {
		t.Errorf("with the new key alone: %v", err)
	}
	if err := open(w.config.SealingKeys...); fault.CodeOf(err) != fault.SealingKeyMissing {
		t.Errorf("with the old key alone: %v", err)
	}
	pool, err := pgxpool.New(t.Context(), w.rig.PostgresURL)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	alone, err := seal.NewRing(bytes.Repeat([]byte{1}, seal.KeyBytes))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bidding.Rewrap(t.Context(), pool, alone); fault.CodeOf(err) != fault.SealingKeyMissing {
		t.Errorf("resealing without the old key: %v", err)
	}
}
