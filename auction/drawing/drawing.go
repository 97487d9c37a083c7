package drawing

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/clock"
	"mingchui/auction/docket"
	"mingchui/auction/draw"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/trail"
)

// Purpose is what is decided by a draw.
type Purpose string

// The purposes.
const (
	// Takers are creditors of one rank who would take a lot for the debt (R16d).
	Takers Purpose = "takers"
	// Appraisers are firms to be asked for a piece of property's value (R10p).
	Appraisers Purpose = "appraisers"
)

// rule is the row of the rule book that asks for the draw.
func (p Purpose) rule() string {
	if p == Takers {
		return "R16d"
	}
	return "R10p"
}

// Bounds of a list of firms.
const (
	// leastFirms are asked, one after the other (Fa Shi [2018] No. 15 art. 16).
	leastFirms = 3
	// mostFirms keeps the entry well below audit.MaxEntryBytes.
	mostFirms = 200
	// maxName bounds a firm's name, in characters.
	maxName = 60
)

// Log is the published log; *sequencer.Reader is one.
type Log interface {
	Place(ctx context.Context, entry uuid.UUID) (leaf int64, published bool, err error)
	RootAt(ctx context.Context, size int64) (audit.Hash, error)
}

// Config is what a Service needs, all of it.
type Config struct {
	Pool    *pgxpool.Pool
	Clock   clock.Clock
	Auction *auction.Service
	Log     Log
}

// Service is the use cases and the reading side. It is safe for concurrent use.
type Service struct{ c Config }

// New makes a Service; it panics on a missing part, which is a wiring error.
func New(c Config) *Service {
	if c.Pool == nil || c.Clock == nil || c.Auction == nil || c.Log == nil {
		panic("drawing: a part is missing in Config")
	}
	return &Service{c}
}

// ListTakers lists the creditors of the best rank for a draw, and returns its id. From now on nobody joins them.
//
// Faults: role_forbidden, not_found, state_conflict (the lot cannot be taken), draw_needless (one alone, or none),
// draw_repeated (with the draw that is there).
func (s *Service) ListTakers(ctx context.Context, by auction.Actor, lot uuid.UUID) (uuid.UUID, error) {
	l := listing{Purpose: Takers, Lot: lot}
	step := trail.Step{Act: trail.DrawListed, Rule: "R16d", Public: true}
	return id(&l, s.c.Auction.OnLot(ctx, by, lot, nil, step, func(a *auction.LotAct) error {
		offers, err := a.Takers(ctx)
		if err != nil {
			return err
		}
		if len(offers) < draw.Least {
			return fault.New(fault.Conflict, fault.DrawNeedless).ByRule("R16d")
		}
		for _, o := range offers { // of one rank
			l.Rank = o.Rank
			l.Candidates = append(l.Candidates, Candidate{ID: o.ID, No: o.No})
		}
		if err := l.takersOnce(ctx, a.Tx); err != nil {
			return err
		}
		return l.put(ctx, onLot(a))
	}))
}

// Firms is a list of firms for a draw.
type Firms struct {
	Asset uuid.UUID
	// Names are full names, one for each firm.
	Names []docket.Text
	// Reason is published; it is asked for where firms were drawn for the property before.
	Reason docket.Text
}

// ListFirms lists firms for a draw about a piece of property, and returns its id.
//
// Faults: role_forbidden, not_found, draw_list_invalid (fewer than three, more than 200, one twice, a name empty or too long),
// draw_not_made (the one before), draw_repeated (these firms were drawn for it), reason_required (a further draw).
func (s *Service) ListFirms(ctx context.Context, by auction.Actor, f Firms) (uuid.UUID, error) {
	l := listing{Purpose: Appraisers, Asset: f.Asset, Reason: f.Reason}
	var err error
	if l.Candidates, err = f.candidates(); err != nil {
		return uuid.Nil, err
	}
	var kase uuid.UUID
	err = s.c.Pool.QueryRow(ctx, `SELECT case_id FROM assets WHERE id = @asset`, pgx.NamedArgs{"asset": f.Asset}).Scan(&kase)
	if errors.Is(err, pgx.ErrNoRows) {
		return uuid.Nil, fault.New(fault.NotFound, fault.NotFoundCode).With("what", "asset")
	}
	if err != nil {
		return uuid.Nil, fault.Internalf("find the asset's case: %w", err)
	}
	step := trail.Step{Act: trail.DrawListed, Rule: "R10p", Public: true}
	return id(&l, s.c.Auction.OnCase(ctx, by, kase, nil, step, func(a *auction.CaseAct) error {
		if err := l.after(ctx, a.Tx); err != nil {
			return err
		}
		a.Step.Reason = l.Reason
		return l.put(ctx, onCase(a))
	}))
}

// candidates checks the names and gives the firms their ids.
func (f Firms) candidates() ([]Candidate, error) {
	refuse := func(field string) error {
		return fault.New(fault.Invalid, fault.DrawListInvalid).InField(field).ByRule("R10p").With("least", leastFirms).With("most", mostFirms)
	}
	if len(f.Names) < leastFirms || len(f.Names) > mostFirms {
		return nil, refuse("firms")
	}
	var list []Candidate
	for i, name := range f.Names {
		name = docket.Text{Zh: strings.TrimSpace(name.Zh), En: strings.TrimSpace(name.En)}
		field := fmt.Sprintf("firms[%d]", i)
		if name.Zh == "" || name.En == "" || utf8.RuneCountInString(name.Zh) > maxName || utf8.RuneCountInString(name.En) > 2*maxName {
			return nil, refuse(field)
		}
		c := Candidate{ID: draw.Firm(name.Zh), Firm: &name}
		if slices.ContainsFunc(list, func(have Candidate) bool { return have.ID == c.ID }) {
			return nil, refuse(field)
		}
		list = append(list, c)
	}
	return list, nil
}

// act is an act on a lot or on a case, whichever the draw is about.
type act struct {
	Tx    pgx.Tx
	Now   time.Time
	By    uuid.UUID
	Case  uuid.UUID
	Step  *trail.Step
	Enter func(ctx context.Context, kind string, body func(at time.Time) any) (audit.Entry, error)
	Owe   func(ctx context.Context, duties ...duty.Duty) error
}

func onLot(a *auction.LotAct) act {
	return act{a.Tx, a.Now, a.By.AccountID, a.Lot().CaseID, a.Step, a.EnterAt, a.Owe}
}

func onCase(a *auction.CaseAct) act {
	return act{a.Tx, a.Now, a.By.AccountID, a.CaseID, a.Step, a.EnterAt, a.Owe}
}

// id is the id of a list that was put, or the fault.
func id(l *listing, err error) (uuid.UUID, error) {
	if err != nil {
		return uuid.Nil, err
	}
	return l.ID, nil
}

// newNonce makes the secret that the list commits to.
func newNonce() []byte {
	nonce := make([]byte, draw.NonceBytes)
	_, _ = rand.Read(nonce) // it never fails
	return nonce
}
