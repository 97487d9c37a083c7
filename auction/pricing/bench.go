package pricing

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// Owed is what the court owes on the way to a price, by when.
type Owed struct {
	Kind  duty.Kind
	DueAt time.Time
}

// Standing is a piece of property on the bench: its newest determination as the
// rules look at it, and what is owed.
type Standing struct {
	Asset, Case uuid.UUID
	Title       docket.Text
	Number      string
	Category    docket.Category
	SeizedOn    docket.Date
	// Names are the parties' by role and number; the court's alone.
	Names map[Who]docket.Text
	// Newest is the latest determination as it is read, D the same for the rules; nil before the first.
	Newest *View
	D      *Determination
	Owed   []Owed
	// CanStart: none is open and no valid price stands.
	CanStart bool
}

// Standing reads a piece of property for the judges and clerks of its court.
//
// Faults: role_forbidden, not_found (asset).
func (s *Desk) Standing(ctx context.Context, by auction.Actor, asset uuid.UUID, now time.Time) (Standing, error) {
	st := Standing{Asset: asset, Names: map[Who]docket.Text{}}
	var owner uuid.UUID
	var document docket.Asset
	var k docket.Case
	err := s.pool.QueryRow(ctx, `SELECT a.case_id, k.court_id, k.number, k.document, a.document FROM assets a JOIN cases k ON k.id = a.case_id WHERE a.id = @id`,
		pgx.NamedArgs{"id": asset}).Scan(&st.Case, &owner, &st.Number, &k, &document)
	if errors.Is(err, pgx.ErrNoRows) {
		return st, notFound("asset")
	}
	if err != nil {
		return st, fault.Internalf("read property: %w", err)
	}
	if err := court(by, owner); err != nil {
		return st, err
	}
	st.Title, st.Category, st.SeizedOn = document.Title, document.Category, document.SeizedOn
	for i, p := range k.Applicants {
		st.Names[Who{Applicant, i + 1}] = p.Name
	}
	for i, p := range k.Debtors {
		st.Names[Who{Debtor, i + 1}] = p.Name
	}
	list, err := s.views(ctx, ofAsset, pgx.NamedArgs{"asset": asset}, true)
	if err != nil {
		return st, err
	}
	st.CanStart = true
	for i := range list {
		v := &list[i]
		valid := v.State == Fixed && (v.Origin == Costs || v.ValidUntil >= dateOf(now))
		st.CanStart = st.CanStart && v.State != Open && !valid
		st.Newest = v
	}
	keys := []string{}
	if v := st.Newest; v != nil {
		st.D = &Determination{
			ID: v.ID, CaseID: v.CaseID, AssetID: asset, Category: st.Category, State: v.State, StartedAt: v.StartedAt, Parties: partiesOf(k),
			Skips: v.Skips, Sources: v.Sources, Reports: v.Reports, Services: v.Services, Objections: v.Objections, Day: s.auction.RuleSet().Day,
		}
		keys = append(keys, v.ID.String())
		for _, r := range v.Reports {
			keys = append(keys, r.ID.String())
		}
		for _, o := range v.Objections {
			keys = append(keys, o.ID.String())
		}
	}
	st.Owed, err = collect(ctx, s.pool, `SELECT kind, due_at FROM duties WHERE state = 'owed' AND case_id = @case
			AND (key = ANY(@keys) OR (kind = 'fix_reference_price' AND key LIKE @asset || ':%')) ORDER BY due_at, kind`,
		pgx.NamedArgs{"case": st.Case, "keys": keys, "asset": asset.String()},
		func(row pgx.CollectableRow, o *Owed) error { return row.Scan(&o.Kind, &o.DueAt) })
	return st, err
}

// Line is a piece of property in a court's list.
type Line struct {
	Asset     uuid.UUID
	Title     docket.Text
	Number    string
	State     State // empty before the first determination
	Fen       money.Fen
	Origin    Origin
	Until     docket.Date
	NextDueAt *time.Time
}

const propertyOfCourt = `SELECT a.id, a.title_zh, a.title_en, k.number, coalesce(d.state, ''), coalesce(d.price_fen, 0), coalesce(d.origin, ''),
			coalesce(d.valid_until::text, ''), (SELECT min(x.due_at) FROM duties x WHERE x.state = 'owed' AND x.case_id = k.id
				AND (x.key LIKE a.id::text || ':%' AND x.kind = 'fix_reference_price' OR x.key = d.id::text
					OR x.key IN (SELECT r.id::text FROM price_reports r WHERE r.determination_id = d.id UNION ALL SELECT o.id::text FROM price_objections o WHERE o.determination_id = d.id))) due
		FROM assets a JOIN cases k ON k.id = a.case_id
		LEFT JOIN LATERAL (SELECT * FROM price_determinations d WHERE d.asset_id = a.id ORDER BY d.started_at DESC, d.id DESC LIMIT 1) d ON true
		WHERE k.court_id = @court ORDER BY due NULLS LAST, d.state IS DISTINCT FROM 'open', a.id DESC LIMIT @limit`

// OfCourt lists a court's property for its judges and clerks: what is owed first, by its due time, then what is open, then the rest.
func (s *Desk) OfCourt(ctx context.Context, by auction.Actor) ([]Line, error) {
	if err := court(by, by.CourtID); err != nil {
		return nil, err
	}
	return collect(ctx, s.pool, propertyOfCourt,
		pgx.NamedArgs{"court": by.CourtID, "limit": maxViews},
		func(row pgx.CollectableRow, l *Line) error {
			return row.Scan(&l.Asset, &l.Title.Zh, &l.Title.En, &l.Number, &l.State, &l.Fen, &l.Origin, &l.Until, &l.NextDueAt)
		})
}

// Turn is the origin whose turn it is: the first that was not skipped.
func (d *Determination) Turn() Origin {
	for _, o := range Origins() {
		if !d.skipped(o) {
			return o
		}
	}
	return Appraisal
}

// Asked lists who was asked of an origin.
func (d *Determination) Asked(o Origin) []Source { return d.of(o) }

// Live lists the reports of an origin that came in time and stand.
func (d *Determination) Live(o Origin) []Report { return d.live(o) }

// Engaged is the firm that works on its report, nil for none.
func (d *Determination) Engaged() *Source { return d.engaged() }

// NextFirm is the first in order that was not asked yet, nil when all were.
func (d *Determination) NextFirm() *Source { return d.nextFirm() }

// Unanswered lists who was asked of an origin, still may answer, and did not.
func (d *Determination) Unanswered(o Origin) []Source {
	return slices.DeleteFunc(slices.Clone(d.of(o)), func(s Source) bool {
		return s.AskedAt == nil || s.EndedAt != nil || slices.ContainsFunc(d.Reports, func(r Report) bool { return r.Source == s.ID })
	})
}

// Unserved lists the parties that a standing report did not go to yet.
func (d *Determination) Unserved() []Who {
	return slices.DeleteFunc(slices.Clone(d.Parties), func(w Who) bool {
		return !slices.ContainsFunc(d.Reports, func(r Report) bool {
			return r.InTime && r.State == stands && !slices.ContainsFunc(d.Services, func(s Service) bool { return s.Report == r.ID && s.Who == w })
		})
	})
}

// Unreceived lists whom reports are under way to.
func (d *Determination) Unreceived() []Who {
	var list []Who
	for _, s := range d.Services {
		if s.ReceivedAt == nil && !slices.Contains(list, s.Who) {
			list = append(list, s.Who)
		}
	}
	return list
}

// ToFirm tells an objection that the firm answers first (art. 23).
func (g ObjectionGround) ToFirm() bool { return g.toFirm() }

// SkipGrounds are those on which an origin is skipped; none for appraisal, which is the last.
func SkipGrounds(o Origin) []SkipGround { return skipGrounds(o) }

// ObjectionGrounds are those open against a report of an origin; none where art. 24 bars them.
func ObjectionGrounds(o Origin) []ObjectionGround { return objectionGrounds(o) }

// EndGrounds are those on which a firm is replaced; the last for equity alone.
func EndGrounds() []EndGround { return []EndGround{NotDelivered, Refused, ReportFell, CannotAppraise} }

// Ways are those in which a report is served.
func Ways() []Way { return []Way{Direct, Lien, Entrusted, Post, Electronic, Published} }

// WithdrawGrounds are those on which a determination in a state ends.
func WithdrawGrounds(from State) []WithdrawGround {
	if from == Withdrawn {
		return nil
	}
	all := []WithdrawGround{ApplicantWithdrew, Performed, TitleVoid, PartiesSettled, PlainlyWorthless, OtherGround, Supervision}
	return slices.DeleteFunc(all, func(g WithdrawGround) bool { return !g.fits(from) })
}
