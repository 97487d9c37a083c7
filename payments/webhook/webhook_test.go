package webhook_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction"
	"mingchui/auction/clock"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/outbox"
	"mingchui/deploy/local/testserver"
	"mingchui/payments/webhook"
)

// vault seals under keys by their id; the last is the current one. The server's is bidding/seal, which has tests of its own.
type vault struct{ keys []string }

func (v vault) aead(id string) (cipher.AEAD, error) {
	block, err := aes.NewCipher(bytes.Repeat([]byte(id), 32))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func (v vault) SealSecret(of uuid.UUID, secret []byte) (string, []byte) {
	id := v.keys[len(v.keys)-1]
	a, err := v.aead(id)
	if err != nil {
		panic(err)
	}
	return id, a.Seal(nil, nil, secret, of[:])
}

func (v vault) OpenSecret(of uuid.UUID, id string, sealed []byte) ([]byte, error) {
	for _, known := range v.keys {
		if known == id {
			a, err := v.aead(id)
			if err != nil {
				return nil, err
			}
			return a.Open(nil, nil, sealed, of[:])
		}
	}
	return nil, errors.New("no such key")
}

// stage is a court with a case, a real outbox and its relay to a real JetStream.
type stage struct {
	t       *testing.T
	pool    *pgxpool.Pool
	clock   *clock.Still
	service *webhook.Service
	relay   *outbox.Relay
	runner  *duty.Runner
	finance auction.Actor
	caseID  uuid.UUID
	log     *bytes.Buffer
}

func open(t *testing.T, change func(*webhook.Config)) *stage {
	t.Helper()
	s := &stage{t: t, pool: testserver.Postgres(t), clock: clock.NewStill(time.Date(2031, 6, 1, 1, 0, 0, 0, time.UTC)), log: &bytes.Buffer{}}
	log := slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	c := webhook.Config{
		Pool: s.pool, Clock: s.clock, Duties: duty.NewBook(nil), Vault: vault{[]string{"a"}}, Local: true, AnswerLimit: 300 * time.Millisecond, Log: log,
	}
	if change != nil {
		change(&c)
	}
	s.service = webhook.New(c)
	var err error
	s.relay, err = outbox.NewRelay(s.pool, testserver.NATS(t), log, s.service.Follow)
	s.must(err)
	s.must(s.relay.EnsureStream(t.Context()))
	s.runner = duty.NewRunner(s.pool, s.clock, s.service.Handlers(), log)
	s.finance, s.caseID = s.court("c1")
	return s
}

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// court makes a court with a finance officer and a case.
func (s *stage) court(code string) (finance auction.Actor, caseID uuid.UUID) {
	s.t.Helper()
	finance, caseID = auction.Actor{AccountID: uuid.New(), Role: "finance", CourtID: uuid.New()}, uuid.New()
	args := pgx.NamedArgs{"court": finance.CourtID, "code": code, "case": caseID, "account": finance.AccountID, "now": s.clock.Now()}
	for _, sql := range []string{
		`INSERT INTO courts (id, code, name_zh, name_en, region, created_at) VALUES (@court, @code, 'c', 'c', '330106', @now)`,
		`INSERT INTO cases (id, court_id, number, kind, document, claim_fen, created_at) VALUES (@case, @court, @code, 'civil', '{}', 100, @now)`,
		`INSERT INTO accounts (id, login, role, court_id, password_hash, real_name, created_at) VALUES (@account, @code, 'finance', @court, 'x', 'n', @now)`,
	} {
		_, err := s.pool.Exec(s.t.Context(), sql, args)
		s.must(err)
	}
	return finance, caseID
}

func (s *stage) set(url string) (secret string) {
	s.t.Helper()
	secret, err := s.service.Set(s.t.Context(), s.finance, url)
	s.must(err)
	return secret
}

// tell puts a message in the outbox as an act does, and lets the relay take it.
func (s *stage) tell(subject string, caseID *uuid.UUID) {
	s.t.Helper()
	now := s.clock.Now()
	s.must(pgx.BeginFunc(s.t.Context(), s.pool, func(tx pgx.Tx) error {
		return outbox.Tell(s.t.Context(), tx, now, subject, struct {
			Case *uuid.UUID `json:"case,omitempty"`
			Kind string     `json:"kind"`
		}{caseID, "deposit_held"})
	}))
	if _, err := s.relay.Flush(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// run does what is due now.
func (s *stage) run() {
	s.t.Helper()
	_, err := s.runner.RunDue(s.t.Context())
	s.must(err)
}

// after moves the clock on and does what is due then.
func (s *stage) after(d time.Duration) {
	s.t.Helper()
	s.clock.To(s.clock.Now().Add(d))
	s.run()
}

func (s *stage) view() webhook.View {
	s.t.Helper()
	v, err := s.service.Of(s.t.Context(), s.finance)
	s.must(err)
	return v
}

// state holds the receiver's state and ground.
func (s *stage) state(want webhook.ReceiverState, ground webhook.Ground, waiting int) webhook.View {
	s.t.Helper()
	v := s.view()
	if v.Receiver == nil || v.Receiver.State != want || v.Receiver.Ground != ground || v.Waiting != waiting {
		s.t.Fatalf("receiver %+v, %d wait; want %s %q, %d", v.Receiver, v.Waiting, want, ground, waiting)
	}
	return v
}

func (s *stage) code(want fault.Code, err error) {
	s.t.Helper()
	if fault.CodeOf(err) != want {
		s.t.Errorf("%v; want %s", err, want)
	}
}

func TestACourtIsToldOfItsOwnMoneyInOrderUnderTheStreamsIds(t *testing.T) {
	t.Parallel()
	s, f := open(t, nil), listen(t)
	_, foreign := s.court("c2")
	s.tell("fund.posted", &s.caseID) // before it was set: JetStream has it, no queue
	f.play(s.set(f.http.URL))
	s.tell("fund.posted", &s.caseID)
	s.tell("lot.ended", &s.caseID)
	s.tell("fund.posted", &foreign)
	s.tell("fund.posted", nil)
	s.tell("fund.posted", &s.caseID)
	s.tell("fund.posted", &s.caseID)
	s.run()
	f.want("three of the court's", 3, 0, 1, 2, 3)
	v := s.state(webhook.Open, webhook.NotStopped, 0)
	for i, m := range v.Messages {
		if at := len(f.ids) - 1 - i; m.ID.String() != f.ids[at] || m.State != webhook.Delivered || m.Status == nil || *m.Status != 204 || m.Attempts != 1 {
			t.Errorf("message %+v, received as %s", m, f.ids[at])
		}
	}
	if b := f.applied[0]; b.Type != "fund.posted" || !b.Timestamp.Equal(s.clock.Now()) || string(b.Data) != `{"case":"`+s.caseID.String()+`","kind":"deposit_held"}` {
		t.Errorf("body %+v %s", b, b.Data)
	}
	s.tell("fund.posted", &s.caseID) // a queue that was empty wakes again
	s.run()
	f.want("a fourth", 4, 0, 1, 2, 3, 4)
}

func TestWhatIsNotTakenIsSentAgainInOrderAndAppliedOnce(t *testing.T) {
	t.Parallel()
	s, f := open(t, nil), listen(t)
	f.play(s.set(f.http.URL), lostAfter, 500, slow, 302, 204)
	s.tell("fund.posted", &s.caseID)
	s.tell("fund.posted", &s.caseID)
	outcomes := []webhook.Outcome{webhook.Unreachable, webhook.Answered, webhook.TimedOut, webhook.Answered}
	for i, pause := range []time.Duration{0, 10 * time.Second, time.Minute, 5 * time.Minute} {
		if pause > 0 {
			s.after(pause - time.Second) // too soon
			f.want("too soon", i, 0, 1)
			s.clock.To(s.clock.Now().Add(time.Second))
		}
		s.run()
		f.want("the first again", i+1, 0, 1) // lost after it was applied: applied once all the same; the second waits behind it
		m := s.state(webhook.Open, webhook.NotStopped, 2).Messages[1]
		if m.Attempts != i+1 || m.Outcome != outcomes[i] || m.NextAt == nil {
			t.Errorf("after try %d: %+v", i+1, m)
		}
	}
	s.after(15 * time.Minute)
	f.want("both", 6, 0, 1, 2)
	s.state(webhook.Open, webhook.NotStopped, 0)
}

func TestAReceiverThatIsDownForDaysStopsTheQueueUntilFinanceActs(t *testing.T) {
	t.Parallel()
	s, f := open(t, nil), listen(t)
	down := make([]answer, 13)
	for i := range down {
		down[i] = 503
	}
	f.play(s.set(f.http.URL), down...)
	s.tell("fund.posted", &s.caseID)
	s.tell("fund.posted", &s.caseID)
	for range down {
		s.after(24 * time.Hour)
	}
	f.want("thirteen tries", 13, 0)
	v := s.state(webhook.Stopped, webhook.Exhausted, 1)
	if v.Failed == nil || v.Failed.Sequence != 1 || v.Failed.Attempts != 13 || v.Failed.State != webhook.Failed {
		t.Fatalf("failed %+v", v.Failed)
	}
	first, second := v.Messages[1].ID, v.Messages[0].ID
	s.tell("fund.posted", &s.caseID) // is kept meanwhile
	s.after(24 * time.Hour)
	f.want("stopped", 13, 0)
	s.code(fault.WebhookStateConflict, s.service.Redeliver(t.Context(), s.finance, second))
	s.code(fault.WebhookStateConflict, s.service.Skip(t.Context(), s.finance, second))
	if _, err := s.service.Test(t.Context(), s.finance); fault.CodeOf(err) != fault.WebhookStateConflict {
		t.Errorf("a test of a stopped receiver: %v", err)
	}
	s.must(s.service.Redeliver(t.Context(), s.finance, first))
	s.run()
	f.want("sent again", 16, 0, 1, 2, 3)
	s.state(webhook.Open, webhook.NotStopped, 0)
	s.must(s.service.Redeliver(t.Context(), s.finance, second)) // the receiver lost it and asks
	s.run()
	f.want("doubled", 17, 0, 1, 2, 3)
}

func TestGoneStopsAtOnceAndALetGoMessageLeavesAGap(t *testing.T) {
	t.Parallel()
	s, f := open(t, nil), listen(t)
	f.play(s.set(f.http.URL), 410)
	s.tell("fund.posted", &s.caseID)
	s.tell("fund.posted", &s.caseID)
	s.run()
	v := s.state(webhook.Stopped, webhook.Gone, 1)
	other, _ := s.court("c9")
	s.code(fault.NotFoundCode, s.service.Skip(t.Context(), other, v.Failed.ID))
	s.must(s.service.Skip(t.Context(), s.finance, v.Failed.ID))
	s.run()
	f.want("the gap", 2, 0, 2)
	id, err := s.service.Test(t.Context(), s.finance)
	s.must(err)
	s.run()
	f.want("a test", 3, 0, 2, 3)
	if f.applied[1].Type != "webhook.test" || f.ids[1] != id.String() {
		t.Errorf("test %+v", f.applied[1])
	}
	f.play("", 500)
	s.tell("fund.posted", &s.caseID)
	s.run()
	s.must(s.service.Close(t.Context(), s.finance))
	s.tell("fund.posted", &s.caseID)
	s.after(24 * time.Hour)
	f.want("closed", 4, 0, 2, 3)
	v = s.state(webhook.Closed, webhook.NotStopped, 0)
	if len(v.Messages) != 4 || v.Messages[0].State != webhook.Skipped {
		t.Errorf("after the closing: %+v", v.Messages)
	}
	s.code(fault.WebhookStateConflict, s.service.Close(t.Context(), s.finance))
	s.code(fault.WebhookStateConflict, s.service.Redeliver(t.Context(), s.finance, id))
	var acts string
	s.must(s.pool.QueryRow(t.Context(), `SELECT string_agg(act, ' ' ORDER BY id) FROM webhook_acts`).Scan(&acts))
	if acts != "set skipped tested closed" {
		t.Errorf("acts %q", acts)
	}
	if _, err := s.pool.Exec(t.Context(), `DELETE FROM webhook_acts`); err == nil {
		t.Error("acts can be deleted")
	}
}

func TestANewAddressTakesTheQueueUnderANewSecretThatIsNowhereElse(t *testing.T) {
	t.Parallel()
	s, old, f := open(t, nil), listen(t), listen(t)
	was := s.set(old.http.URL + "/a-secret-path")
	old.play(was, 500, 410)
	s.tell("fund.posted", &s.caseID)
	s.run()
	s.after(10 * time.Second)
	s.state(webhook.Stopped, webhook.Gone, 0)
	secret := s.set(f.http.URL)
	f.play(was)
	s.run()
	f.want("under the old secret nothing is believed", 1, 1)
	f.play(secret)
	s.after(10 * time.Second)
	f.want("the new address", 2, 1, 1)
	if was == secret || !strings.HasPrefix(secret, "whsec_") || len(secret) != len("whsec_")+44 {
		t.Errorf("secrets %s, %s", was, secret)
	}
	s.code(fault.RoleForbidden, func() error {
		_, err := s.service.Set(t.Context(), auction.Actor{Role: "judge", CourtID: s.finance.CourtID}, f.http.URL)
		return err
	}())
	// The vault's key changes; the receiver notices nothing.
	if n, err := webhook.Reseal(t.Context(), s.pool, vault{[]string{"a", "b"}}); err != nil || n != 1 {
		t.Fatalf("resealed %d, %v", n, err)
	}
	if n, err := webhook.Reseal(t.Context(), s.pool, vault{[]string{"b"}}); err != nil || n != 0 {
		t.Fatalf("resealed again %d, %v", n, err)
	}
	again := webhook.New(webhook.Config{Pool: s.pool, Clock: s.clock, Duties: duty.NewBook(nil), Vault: vault{[]string{"b"}}, Local: true})
	s.tell("fund.posted", &s.caseID)
	_, err := duty.NewRunner(s.pool, s.clock, again.Handlers(), slog.New(slog.DiscardHandler)).RunDue(t.Context())
	s.must(err)
	f.want("under the new key", 3, 1, 1, 2)
	for _, hidden := range []string{secret[len("whsec_"):], was[len("whsec_"):], "a-secret-path"} {
		if strings.Contains(s.log.String(), hidden) {
			t.Errorf("the log holds %s:\n%s", hidden, s.log)
		}
	}
}

// What is not of the public network is refused where it is set, and again where a name leads there.
func TestOutsideADemonstrationNoPrivateAddressIsCalled(t *testing.T) {
	t.Parallel()
	s := open(t, func(c *webhook.Config) { c.Local = false })
	var calls atomic.Int32
	inside := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
	defer inside.Close()
	for _, url := range []string{inside.URL, "http://finance.example/", strings.Replace(inside.URL, "https", "http", 1)} {
		if _, err := s.service.Set(t.Context(), s.finance, url); fault.CodeOf(err) != fault.WebhookURLRefused {
			t.Errorf("%s: %v", url, err)
		}
	}
	s.set(strings.Replace(inside.URL, "127.0.0.1", "localhost", 1))
	s.tell("fund.posted", &s.caseID)
	s.run()
	if m := s.state(webhook.Open, webhook.NotStopped, 1).Messages[0]; m.Outcome != webhook.Refused || m.Attempts != 1 || calls.Load() != 0 {
		t.Errorf("message %+v, %d calls", m, calls.Load())
	}
}

// Two nodes' runs of one queue: the duty that lost its queue sends nothing more.
func TestADutyOfBeforeTheAddressWasSetAnewLeavesTheQueueAlone(t *testing.T) {
	t.Parallel()
	s, f := open(t, nil), listen(t)
	f.play(s.set(f.http.URL), 500)
	s.tell("fund.posted", &s.caseID)
	s.run()
	f.play(s.set(f.http.URL)) // the first duty is put off for 10 s, a new one is due
	s.run()
	s.after(10 * time.Second)
	f.want("once", 2, 0, 1)
	var owed, done int
	s.must(s.pool.QueryRow(t.Context(), `SELECT count(*) FILTER (WHERE state = 'owed'), count(*) FILTER (WHERE state = 'done') FROM duties`).Scan(&owed, &done))
	if owed != 0 || done != 2 {
		t.Errorf("%d duties are owed, %d done", owed, done)
	}
}

// The relay's transaction and the queue's are one: what the queue refuses stays in the outbox.
func TestAMessageIsQueuedWithItsLeavingTheOutbox(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	broken := errors.New("broken")
	fail := true
	relay, err := outbox.NewRelay(s.pool, testserver.NATS(t), slog.New(slog.DiscardHandler), s.service.Follow,
		func(context.Context, pgx.Tx, []outbox.Message) error {
			if fail {
				return broken
			}
			return nil
		})
	s.must(err)
	s.must(relay.EnsureStream(t.Context()))
	s.set("http://127.0.0.1:1/")
	now := s.clock.Now()
	s.must(pgx.BeginFunc(t.Context(), s.pool, func(tx pgx.Tx) error {
		return outbox.Tell(t.Context(), tx, now, "fund.posted", map[string]uuid.UUID{"case": s.caseID})
	}))
	count := func() (rows, queued int) {
		s.must(s.pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM outbox), (SELECT count(*) FROM webhook_messages)`).Scan(&rows, &queued))
		return rows, queued
	}
	if _, err := relay.Flush(t.Context()); err == nil {
		t.Error("the follower's failure is not told")
	}
	if rows, queued := count(); rows != 1 || queued != 0 {
		t.Errorf("after the failure %d rows, %d queued", rows, queued)
	}
	fail = false
	if n, err := relay.Flush(t.Context()); err != nil || n != 1 {
		t.Errorf("Flush = %d, %v", n, err)
	}
	if rows, queued := count(); rows != 0 || queued != 1 {
		t.Errorf("afterwards %d rows, %d queued", rows, queued)
	}
}
