package notice_test

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/clock"
	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/notice"
	"mingchui/deploy/local/testserver"
)

const oneDay = 24 * time.Hour

var (
	proof  = strings.Repeat("5a", 32)
	reason = docket.Text{Zh: "下落不明", En: "Whereabouts unknown"}
)

// court is a court with a voted first sale of a case with one applicant, two debtors, and one priority purchaser; nobody was told.
type court struct {
	t      *testing.T
	clock  *clock.Still
	s      *auction.Service
	n      *notice.Service
	judges []auction.Actor
	lot    uuid.UUID
	kase   docket.Case
	digest string
	query  func(sql string, into ...any)
}

func newCourt(t *testing.T) *court {
	t.Helper()
	ctx, pool := t.Context(), testserver.Postgres(t)
	c := &court{t: t, clock: clock.NewStill(time.Date(2026, 11, 20, 1, 0, 0, 0, time.UTC))}
	c.s = auction.New(auction.Config{Pool: pool, Clock: c.clock, Duties: duty.NewBook(nil), RuleSet: law.China2017()})
	c.n = notice.New(pool, c.s)
	src, err := os.ReadFile("../../cmd/mingchui/court/docket.json")
	c.must(err)
	file, problems := docket.Parse(bytes.NewReader(src))
	if len(problems) > 0 {
		t.Fatal(problems[0].InLine("en"))
	}
	i := slices.IndexFunc(file.Cases, func(k docket.Case) bool { return k.Lots[0].Stage == law.First && len(k.Lots[0].PriorityPurchasers) > 0 })
	c.kase = file.Cases[i]
	c.kase.Debtors = append(slices.Clone(c.kase.Debtors[:1]), c.kase.Debtors[0])
	c.kase.Lots = c.kase.Lots[:1]
	file.Cases = []docket.Case{c.kase}
	got, err := c.s.Import(ctx, file, auction.Actor{Role: "operator"})
	c.must(err)
	c.lot = got.Lots[c.kase.Lots[0].Ref]
	for range 3 {
		id := uuid.New()
		_, err := pool.Exec(ctx, `INSERT INTO accounts (id, login, role, court_id, password_hash, real_name, created_at)
			VALUES ($1, $2, 'judge', $3, '', '测试人', now())`, id, "judge-"+id.String(), got.CourtID)
		c.must(err)
		c.judges = append(c.judges, auction.Actor{AccountID: id, Role: "judge", CourtID: got.CourtID})
	}
	c.query = func(sql string, into ...any) {
		t.Helper()
		c.must(pool.QueryRow(ctx, sql, c.lot).Scan(into...))
	}
	d := c.draft()
	d.Document.Notifications = []docket.Notification{{To: docket.ToOther, No: 1, Waived: true}} // a list is never empty
	d.Document.PriorityPurchasers = slices.Clone(d.Document.PriorityPurchasers[:1])
	d.Document.PriorityPurchasers[0] = docket.PriorityPurchaser{Rank: 1, Standing: d.Document.PriorityPurchasers[0].Standing}
	_, err = c.s.Revise(ctx, c.judges[0], auction.Revision{Lot: c.lot, Document: d.Document})
	c.must(err)
	for _, j := range c.judges {
		_, err := c.s.Vote(ctx, j, auction.Ballot{Lot: c.lot, Approve: true})
		c.must(err)
	}
	c.digest = c.draft().TermsDigest
	return c
}

func (c *court) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *court) draft() auction.DraftView {
	c.t.Helper()
	d, err := c.s.Draft(c.t.Context(), c.judges[0], c.lot, c.clock.Now())
	c.must(err)
	return d
}

func (c *court) record(n notice.Notice) error {
	n.Lot = c.lot
	_, err := c.n.Record(c.t.Context(), c.judges[0], n)
	return err
}

func (c *court) served(to docket.Notified, no int, at time.Time) {
	c.t.Helper()
	c.must(c.record(notice.Notice{Who: auction.NoticeTo{To: to, No: no}, Outcome: notice.Served, Way: notice.Post, ServedAt: at, Proof: proof}))
}

// rest is what R16 still asks for; after what the start is soonest.
func (c *court) rest() []fault.Code {
	c.t.Helper()
	starts := c.clock.Now().Add(40 * oneDay)
	list, err := c.s.CheckAnnouncement(c.t.Context(), c.judges[0], auction.Announcement{Lot: c.lot, StartsAt: starts, EndsAt: starts.Add(oneDay)})
	c.must(err)
	var out []fault.Code
	for _, f := range list {
		if f.Rule == "R16" {
			out = append(out, f.Code)
		}
	}
	return out
}

func (c *court) duty() (state string) {
	c.t.Helper()
	c.query(`SELECT state FROM duties WHERE lot_id = $1 AND kind = 'notify_parties' ORDER BY created_at DESC LIMIT 1`, &state)
	return state
}

// R16: notices one by one until all are told; the votes hold, the duty is done with the last.
func TestR16_NoticesWithProofUntilAllAreTold(t *testing.T) {
	t.Parallel()
	c := newCourt(t)
	if c.duty() != "owed" || len(c.rest()) == 0 {
		t.Fatalf("at first: duty %s, missing %v", c.duty(), c.rest())
	}
	now := c.clock.Now()
	c.served(docket.ToApplicant, 1, now)
	c.served(docket.ToDebtor, 1, now)
	c.must(c.record(notice.Notice{Who: auction.NoticeTo{To: auction.ToPriority, No: 1}, Outcome: notice.Waived, Proof: proof}))
	for no := 1; ; no++ { // as many as the property has
		err := c.record(notice.Notice{Who: auction.NoticeTo{To: docket.ToSecurityHolder, No: no}, Outcome: notice.Waived, Proof: proof})
		if fault.CodeOf(err) == fault.InvalidRequest {
			break
		}
		c.must(err)
	}
	if c.duty() != "owed" {
		t.Errorf("one debtor is missing and the duty is %s", c.duty())
	}
	c.must(c.record(notice.Notice{Who: auction.NoticeTo{To: docket.ToDebtor, No: 2}, Outcome: notice.Unreachable, Reason: reason}))
	if c.duty() != "done" {
		t.Errorf("all are accounted for and the duty is %s", c.duty())
	}
	d := c.draft()
	if d.State != auction.Voted || d.TermsDigest != c.digest || !d.Document.PriorityPurchasers[0].Waived {
		t.Errorf("the draft after the notices: %s, %+v", d.State, d.Document.PriorityPurchasers)
	}
	// Three days after service, by the day; five after the publication, by the millisecond.
	c.clock.To(now.Add(5*oneDay - time.Millisecond))
	if got := c.rest(); len(got) != 1 || got[0] != fault.NoticeTooLate {
		t.Errorf("a millisecond before the fifth day is over: %v", got)
	}
	c.clock.To(now.Add(5 * oneDay))
	if got := c.rest(); len(got) != 0 {
		t.Errorf("after five days: %v", got)
	}
	var steps, entries int
	c.query(`SELECT (SELECT count(*) FROM trail WHERE lot_id = $1 AND act = 'notified'), (SELECT count(*) FROM entries WHERE lot_id = $1 AND kind = 'lot.notified')`, &steps, &entries)
	var rows int
	c.query(`SELECT count(*) FROM notices WHERE lot_id = $1`, &rows)
	if rows < 4 || steps != rows || entries != rows {
		t.Errorf("%d notices, %d steps, %d entries", rows, steps, entries)
	}
	var public string
	c.query(`SELECT string_agg(coalesce(reason_zh, ''), ',') FROM trail WHERE lot_id = $1 AND act = 'notified' AND public`, &public)
	if public != reason.Zh {
		t.Errorf("public on the trail are %q, not the one who was not reached alone", public)
	}
	list, err := c.n.Published(t.Context(), uuid.Nil)
	c.must(err)
	if len(list) != 1 || !list[0].PublishedAt.Equal(now) || list[0].Reason != reason || list[0].Who.No != 2 {
		t.Errorf("published: %+v", list)
	}
	if c.kase.Debtors[0].Kind == docket.Person && list[0].Name == c.kase.Debtors[0].Name {
		t.Error("a person's name is published")
	}
}

// long is a text of so many bytes in each language.
func long(zh, en int) docket.Text {
	return docket.Text{Zh: strings.Repeat("x", zh), En: strings.Repeat("x", en)}
}

// R16: what a notice must say, and who may record it.
func TestR16_ANoticeNeedsItsProof(t *testing.T) {
	t.Parallel()
	c := newCourt(t)
	now := c.clock.Now()
	good := notice.Notice{Who: auction.NoticeTo{To: docket.ToDebtor, No: 1}, Outcome: notice.Served, Way: notice.InPerson, ServedAt: now, SentAt: now, Proof: proof}
	for field, change := range map[string]func(n *notice.Notice){
		"proof":         func(n *notice.Notice) { n.Proof = "" },
		"way":           func(n *notice.Notice) { n.Way = "" },
		"served_at":     func(n *notice.Notice) { n.ServedAt = now.Add(time.Millisecond); n.SentAt = now },
		"sent_at":       func(n *notice.Notice) { n.SentAt = now.Add(time.Millisecond) },
		"no":            func(n *notice.Notice) { n.Who.No = 3 }, // there are two debtors
		"no ":           func(n *notice.Notice) { n.Who.No = 0 },
		"no  ":          func(n *notice.Notice) { n.Who.To, n.Who.No = docket.ToCoOwner, 51 },
		"to":            func(n *notice.Notice) { n.Who.To = "neighbour" },
		"outcome":       func(n *notice.Notice) { n.Outcome = "sent" },
		"reason":        func(n *notice.Notice) { n.Outcome = notice.Unreachable },
		"reason ":       func(n *notice.Notice) { n.Outcome, n.Reason = notice.Unreachable, docket.Text{Zh: "下落不明"} },
		"reason  ":      func(n *notice.Notice) { n.Outcome, n.Reason = notice.Unreachable, docket.Text{En: "Unknown"} },
		"reason   ":     func(n *notice.Notice) { n.Outcome, n.Reason = notice.Unreachable, long(2001, 1) },
		"reason    ":    func(n *notice.Notice) { n.Outcome, n.Reason = notice.Unreachable, long(1, 2001) },
		"proof_note":    func(n *notice.Notice) { n.ProofNote.Zh = "回执" },
		"proof_note ":   func(n *notice.Notice) { n.ProofNote.En = "receipt" },
		"proof_note  ":  func(n *notice.Notice) { n.ProofNote = long(2001, 1) },
		"proof_note   ": func(n *notice.Notice) { n.ProofNote = long(1, 2001) },
	} {
		n := good
		change(&n)
		err := c.record(n)
		f, ok := errors.AsType[*fault.Error](err)
		if !ok || f.Field != strings.TrimSpace(field) || f.Rule != "R16" {
			t.Errorf("%s: %v", field, err)
		}
	}
	good.Lot = c.lot
	if _, err := c.n.Record(t.Context(), auction.Actor{AccountID: uuid.New(), Role: "judge", CourtID: uuid.New()}, good); fault.CodeOf(err) != fault.RoleForbidden {
		t.Errorf("a judge of another court: %v", err)
	}
	c.must(c.record(good))
	longest := good
	longest.ProofNote = long(2000, 2000)
	c.must(c.record(longest))
	c.must(c.record(notice.Notice{Who: auction.NoticeTo{To: docket.ToDebtor, No: 2}, Outcome: notice.Unreachable, Reason: long(2000, 2000)}))
	// Served again by another way: the newest stands.
	good.Way, good.ServedAt = notice.Electronic, now.Add(-oneDay)
	good.SentAt = time.Time{}
	c.must(c.record(good))
	list := c.draft().Document.Notifications
	if len(list) != 3 || list[1].On != "2026-11-19" || list[1].How.Zh != "电子送达" {
		t.Errorf("in the document: %+v", list)
	}
}

// R16: notices are recorded until the announcement, before the vote as after it; whom the court alone knows is counted up to fifty.
func TestR16_NoticesAreRecordedUntilTheAnnouncement(t *testing.T) {
	t.Parallel()
	c := newCourt(t)
	c.served(docket.ToDebtor, 1, c.clock.Now())
	c.served(docket.ToCoOwner, 50, c.clock.Now())
	d := c.draft()
	d.Document.StartingPriceFen += d.Document.IncrementFen
	_, err := c.s.Revise(t.Context(), c.judges[0], auction.Revision{Lot: c.lot, Document: d.Document})
	c.must(err)
	if state := c.draft().State; state != auction.Draft {
		t.Fatalf("after other terms the lot is %s", state)
	}
	c.served(docket.ToDebtor, 2, c.clock.Now())
}
