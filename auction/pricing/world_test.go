package pricing_test

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction"
	"mingchui/auction/clock"
	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/auction/pricing"
	"mingchui/deploy/local/testserver"
)

const (
	day = 24 * time.Hour
	ms  = time.Millisecond
)

// world is a court with one case, whose property it prices.
type world struct {
	t      *testing.T
	pool   *pgxpool.Pool
	clock  *clock.Still
	sales  *auction.Service
	s      *pricing.Desk
	judges []auction.Actor
	clerk  auction.Actor
	caseID uuid.UUID
	// estate is a docket's case: its first lot and asset are the forms of those that tests make.
	estate docket.Case
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, pool: testserver.Postgres(t), clock: clock.NewStill(time.Date(2026, 11, 20, 1, 0, 0, 0, time.UTC))}
	book := duty.NewBook(nil)
	w.sales = auction.New(auction.Config{Pool: w.pool, Clock: w.clock, Duties: book, RuleSet: law.China2017()})
	w.s = pricing.New(w.pool, book, w.sales)
	src, err := os.ReadFile("../../cmd/mingchui/court/docket.json")
	w.must(err)
	file, problems := docket.Parse(bytes.NewReader(src))
	if len(problems) > 0 {
		t.Fatal(problems[0].InLine("en"))
	}
	w.estate = file.Cases[0]
	file.Cases = file.Cases[:1]
	file.Cases[0].Lots = nil
	got, err := w.sales.Import(t.Context(), file, auction.Actor{Role: "operator"})
	w.must(err)
	w.caseID = got.Cases[w.estate.Number]
	for range 3 {
		w.judges = append(w.judges, auction.Actor{AccountID: w.account("judge", got.CourtID), Role: "judge", CourtID: got.CourtID})
	}
	w.clerk = auction.Actor{AccountID: w.account("clerk", got.CourtID), Role: "clerk", CourtID: got.CourtID}
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) account(role string, court uuid.UUID) uuid.UUID {
	w.t.Helper()
	id := uuid.New()
	_, err := w.pool.Exec(w.t.Context(), `INSERT INTO accounts (id, login, role, court_id, password_hash, real_name, created_at)
		VALUES ($1, $2, $3, $4, '', '测试人', now())`, id, role+"-"+id.String(), role, court)
	w.must(err)
	return id
}

// refused wants a fault, and that nothing changed.
func (w *world) refused(what string, err error, code fault.Code, rule string) map[string]any {
	w.t.Helper()
	if r, ok := errors.AsType[*auction.Refusal](err); ok && len(r.Faults) == 1 {
		err = r.Faults[0]
	}
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Code != code || f.Rule != rule {
		w.t.Fatalf("%s: got %v; want %s by %q", what, err, code, rule)
	}
	return f.Args
}

// marks counts every row that an act could have left.
func (w *world) marks() (n int) {
	w.t.Helper()
	w.must(w.pool.QueryRow(w.t.Context(), `SELECT (SELECT count(*) FROM trail) + (SELECT count(*) FROM price_skips) + (SELECT count(*) FROM price_sources) +
		(SELECT count(*) FROM price_reports) + (SELECT count(*) FROM price_services) + (SELECT count(*) FROM price_objections) +
		(SELECT count(*) FROM price_determinations) + (SELECT count(*) FROM duties) + (SELECT count(*) FROM entries)`).Scan(&n))
	return n
}

func (w *world) asset(seized docket.Date) uuid.UUID {
	w.t.Helper()
	a := w.estate.Property(w.estate.Lots[0])[0]
	a.SeizedOn = seized
	id, err := w.sales.AddAsset(w.t.Context(), w.judges[0], w.caseID, a)
	w.must(err)
	return id
}

func (w *world) start(asset uuid.UUID) uuid.UUID {
	w.t.Helper()
	id, err := w.s.Start(w.t.Context(), w.clerk, asset, auction.Late{})
	w.must(err)
	return id
}

func why() docket.Text { return docket.Text{Zh: "记录在卷。", En: "As the file says."} }

func name(s string) docket.Text { return docket.Text{Zh: s, En: s} }

func names(s ...string) []docket.Text {
	var list []docket.Text
	for _, n := range s {
		list = append(list, name(n))
	}
	return list
}

func hash(s string) string { return strings.Repeat("0", 64-len(s)) + s }

func boss() auction.Late {
	return auction.Late{Superior: docket.Text{Zh: "执行局局长", En: "head of the bureau"}, Reason: docket.Text{Zh: "材料不全。", En: "Papers were missing."}}
}

// skip leaves the origins before o.
func (w *world) skip(price uuid.UUID, origins ...pricing.Origin) {
	w.t.Helper()
	grounds := map[pricing.Origin]pricing.SkipGround{
		pricing.Agreed: pricing.PartyRefused, pricing.Authority: pricing.NoOfficialPrice, pricing.Online: pricing.NeedsExpert,
	}
	for _, o := range origins {
		w.must(w.s.Skip(w.t.Context(), w.judges[0], price, o, grounds[o], why()))
	}
}

// sources lists who was asked of a property's last determination.
func (w *world) view(asset uuid.UUID) pricing.View {
	w.t.Helper()
	list, err := w.s.OfAsset(w.t.Context(), w.judges[0], asset)
	w.must(err)
	return list[len(list)-1]
}

func (w *world) answer(price, source uuid.UUID, fen money.Fen, last string) (uuid.UUID, error) {
	return w.s.Report(w.t.Context(), w.clerk, pricing.Answer{
		Price: price, Source: source, Fen: fen, Number: "R-1", Hash: hash(last), ValuedOn: "2026-11-20", ValidUntil: "2027-11-20",
	})
}

// serve gives every party what there is, now.
func (w *world) serve(price uuid.UUID) {
	w.t.Helper()
	for _, p := range w.parties() {
		w.must(w.s.Send(w.t.Context(), w.clerk, pricing.Sending{Price: price, Who: p, Way: pricing.Electronic, Received: true, Proof: hash("b")}))
	}
}

func (w *world) parties() []pricing.Who {
	var list []pricing.Who
	for i := range w.estate.Applicants {
		list = append(list, pricing.Who{Role: pricing.Applicant, No: i + 1})
	}
	for i := range w.estate.Debtors {
		list = append(list, pricing.Who{Role: pricing.Debtor, No: i + 1})
	}
	return list
}

// owed lists the duties of a kind that the case owes, by when.
func (w *world) owed(kind duty.Kind) []time.Time {
	w.t.Helper()
	list, err := duty.OwedByCourt(w.t.Context(), w.pool, duty.Judge, w.judges[0].CourtID, 100)
	w.must(err)
	var due []time.Time
	for _, d := range list {
		if d.Kind == kind {
			due = append(due, d.DueAt)
		}
	}
	return due
}

// appraised is an open determination with a firm's report, served on all, and the report.
func (w *world) appraised(asset uuid.UUID, fen money.Fen) (price, report uuid.UUID) {
	w.t.Helper()
	price = w.start(asset)
	w.skip(price, pricing.Agreed, pricing.Authority, pricing.Online)
	w.must(w.s.Choose(w.t.Context(), w.clerk, pricing.Choice{Price: price, Firms: names("甲", "乙", "丙"), By: pricing.ByAgreement}))
	w.must(w.s.Engage(w.t.Context(), w.clerk, price))
	report, err := w.answer(price, w.view(asset).Sources[0].ID, fen, "a")
	w.must(err)
	w.serve(price)
	return price, report
}
