package objection

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/lifecycle"
	"mingchui/auction/papers"
	"mingchui/auction/trail"
)

// Money takes back what a sale moved; payments does. Reverse tells what is owed
// back to the buyer, what of it was paid out and is claimed back, and where keep
// is set what deposit the buyer loses. It runs in the transaction that sets the
// sale aside, before the lot's row is held.
type Money interface {
	SettleDeposits(ctx context.Context, lot uuid.UUID) error
	Reverse(ctx context.Context, tx pgx.Tx, now time.Time, lot uuid.UUID, keep bool) (auction.Reversed, error)
}

// Handovers ends a handing over that is under way; package handover does.
type Handovers interface {
	End(ctx context.Context, a *auction.LotAct) error
}

// SettingAside is the court's ruling that a sale does not stand (R31, OJA 31).
type SettingAside struct {
	Lot uuid.UUID
	// Objection that asked for it and was founded. Without one it rests on the Order of a superior court, or on the court's own
	// finding that the buyer is not qualified (R17h); then Ground is given.
	Objection uuid.UUID
	Order     docket.Text
	Ground    Ground
	// Again: the seizure stays as it is and the property is sold again.
	Again bool
	// Reason is published, in both languages.
	Reason docket.Text
	// Seen is what Foresee told the court of the money; where it became another sum since, nothing is done. Nil for who did not ask.
	Seen *auction.Reversed
}

// SetAside carries the ruling out: the sale falls, its duties and the handing
// over end, and the money goes back in full, in one transaction (R31). The draft
// of the ruling is made in it.
//
// Faults: role_forbidden, not_found (lot; objection, where it is not about this
// lot), reason_required, invalid_request (ground, order), objection_not_founded
// (conflict: not decided so, or no finding that the buyer is not qualified),
// sums_changed, state_conflict (no sale with a result that stands).
func (s *Service) SetAside(ctx context.Context, by auction.Actor, r SettingAside) (auction.Reversed, error) {
	return s.carryOut(ctx, by, r, func() error { return nil })
}

// errForeseen takes a foreseen setting aside back.
var errForeseen = errors.New("it was only asked what would happen")

// Foresee tells what SetAside would do with the money: it carries the ruling
// out and takes it back. Deposits that the sale left where they were are settled for good.
//
// Faults: those of SetAside.
func (s *Service) Foresee(ctx context.Context, by auction.Actor, r SettingAside) (auction.Reversed, error) {
	out, err := s.carryOut(ctx, by, r, func() error { return errForeseen })
	if errors.Is(err, errForeseen) {
		return out, nil
	}
	return auction.Reversed{}, err
}

// carryOut does it in one transaction, which end keeps or takes back.
func (s *Service) carryOut(ctx context.Context, by auction.Actor, r SettingAside, end func() error) (auction.Reversed, error) {
	if err := r.check(); err != nil {
		return auction.Reversed{}, err
	}
	if r.Objection != uuid.Nil {
		row, err := s.find(ctx, r.Objection)
		if err != nil {
			return auction.Reversed{}, err
		}
		if row.LotID != r.Lot || row.Kind != ToSetAside {
			return auction.Reversed{}, notFound()
		}
		r.Ground = row.Ground
	}
	// Whoever may not, or cannot now, moves no money; what is decided is decided below.
	if err := s.auction.MaySetAside(ctx, by, r.Lot); err != nil {
		return auction.Reversed{}, err
	}
	if err := s.money.SettleDeposits(ctx, r.Lot); err != nil {
		return auction.Reversed{}, err
	}
	var out auction.Reversed
	err := s.auction.InTx(ctx, func(tx pgx.Tx, now time.Time) error {
		keep, err := r.keepsDeposit(ctx, tx)
		if err != nil {
			return err
		}
		if out, err = s.money.Reverse(ctx, tx, now, r.Lot, keep); err != nil {
			return err
		}
		if r.Seen != nil && *r.Seen != out {
			return fault.New(fault.Conflict, fault.SumsChanged).ByRule("R31")
		}
		step := trail.Step{Act: trail.SetAside, Rule: "R31", Ground: string(r.Ground), Reason: r.Reason, Public: true, Detail: map[string]any{
			"objection": r.Objection, "order": r.Order, "sold_again": r.Again, "reversed_fen": out.ReversedFen, "recoverable_fen": out.RecoverableFen,
			"kept_fen": out.KeptFen,
		}}
		if err := s.auction.OnLotIn(ctx, tx, now, by, r.Lot, nil, step, func(a *auction.LotAct) error {
			// Another finding may have come before the lot was held.
			if now, err := r.keepsDeposit(ctx, tx); err != nil || now != keep {
				return cmp.Or(err, error(fault.New(fault.Conflict, fault.SumsChanged).ByRule("R31")))
			}
			return s.setAside(ctx, a, r, out)
		}); err != nil {
			return err
		}
		return end()
	})
	return out, err
}

func (s *Service) setAside(ctx context.Context, a *auction.LotAct, r SettingAside, out auction.Reversed) error {
	if err := r.founded(ctx, a.Tx); err != nil {
		return err
	}
	if err := a.ConfirmFirst(ctx); err != nil {
		return err
	}
	if err := a.Move(ctx, lifecycle.Happening{Event: lifecycle.WasSetAside, Again: r.Again}, "", nil); err != nil {
		return err
	}
	if err := s.handovers.End(ctx, a); err != nil {
		return err
	}
	if err := a.AdmitAgain(ctx); err != nil {
		return err
	}
	if err := a.Cancel(ctx, duty.PayDifference); err != nil {
		return err
	}
	if err := a.SettleForfeits(ctx); err != nil {
		return err
	}
	var objection *uuid.UUID
	text := ""
	if r.Objection != uuid.Nil {
		objection, text = &r.Objection, r.Objection.String()
	}
	_, err := a.Tx.Exec(ctx, `INSERT INTO settings_aside (lot_id, ground, objection_id, order_zh, order_en, reason_zh, reason_en, sold_again,
			reversed_fen, recoverable_fen, kept_fen, set_aside_by, set_aside_at)
		VALUES (@lot, @ground, @objection, @order_zh, @order_en, @zh, @en, @again, @reversed, @recoverable, @kept, @by, @now)`,
		pgx.NamedArgs{
			"lot": r.Lot, "ground": r.Ground, "objection": objection, "order_zh": r.Order.Zh, "order_en": r.Order.En, "zh": r.Reason.Zh, "en": r.Reason.En,
			"again": r.Again, "reversed": out.ReversedFen, "recoverable": out.RecoverableFen, "kept": out.KeptFen, "by": a.By.AccountID, "now": a.Now,
		})
	if err != nil {
		return fault.Internalf("insert setting aside: %w", err)
	}
	err = a.Enter(ctx, audit.KindSetAside, audit.SetAside{
		Ground: string(r.Ground), Objection: text, ReasonHash: audit.HashText(r.Reason.Zh), SoldAgain: r.Again,
		ReversedFen: out.ReversedFen, RecoverableFen: out.RecoverableFen, KeptFen: out.KeptFen,
	})
	if err != nil {
		return err
	}
	return a.DraftSettingAside(ctx, string(r.Ground), r.Reason, papers.Fallen{
		Request: r.Objection != uuid.Nil, Order: r.Order, Again: r.Again, Reversed: out.ReversedFen, Recoverable: out.RecoverableFen, Kept: out.KeptFen,
	})
}

// founded holds that the objection was found right, or without one and without
// an order that the newest check found the buyer not qualified.
func (r SettingAside) founded(ctx context.Context, tx pgx.Tx) error {
	var found bool
	var err error
	switch {
	case r.Objection != uuid.Nil:
		err = tx.QueryRow(ctx, `SELECT state = 'founded' FROM objections WHERE id = @id FOR SHARE`, pgx.NamedArgs{"id": r.Objection}).Scan(&found)
	case r.Order != docket.Text{}:
		return nil
	default:
		err = tx.QueryRow(ctx, `SELECT coalesce((SELECT NOT qualified FROM eligibility_checks WHERE lot_id = @lot ORDER BY checked_at DESC, id DESC LIMIT 1), false)`,
			pgx.NamedArgs{"lot": r.Lot}).Scan(&found)
	}
	if err != nil {
		return fault.Internalf("read what the setting aside rests on: %w", err)
	}
	if !found {
		return fault.New(fault.Conflict, fault.ObjectionNotFounded).InField("objection").ByRule("R31")
	}
	return nil
}

// keepsDeposit tells whether the buyer loses the deposit: the sale falls because the buyer may not own the property, and the court found that
// they knew it when they bid (R12e, Fa Shi (2021) No. 20 art. 15 para. 3).
func (r SettingAside) keepsDeposit(ctx context.Context, tx pgx.Tx) (bool, error) {
	if r.Ground != UnqualifiedBuyer {
		return false, nil
	}
	return auction.KnewUnqualified(ctx, tx, r.Lot)
}

// check holds a ruling against the rules that need no store.
func (r SettingAside) check() error {
	blank := func(t docket.Text) bool { return strings.TrimSpace(t.Zh) == "" || strings.TrimSpace(t.En) == "" }
	switch {
	case blank(r.Reason):
		return fault.New(fault.Invalid, fault.ReasonRequired).InField("reason").ByRule("R31")
	case r.Objection != uuid.Nil && r.Order != docket.Text{}, r.Order != docket.Text{} && blank(r.Order),
		r.Objection == uuid.Nil && blank(r.Order) && r.Ground != UnqualifiedBuyer:
		return invalid("order")
	case r.Objection != uuid.Nil && r.Ground != "", r.Objection == uuid.Nil && !slices.Contains(Grounds(), r.Ground):
		return invalid("ground")
	}
	return nil
}

// SettingAsideView is a ruling as everybody sees it.
type SettingAsideView struct {
	Lot       uuid.UUID   `json:"lot"`
	Ground    Ground      `json:"ground"`
	Objection *uuid.UUID  `json:"objection,omitempty"`
	Order     docket.Text `json:"order,omitzero"`
	Reason    docket.Text `json:"reason"`
	SoldAgain bool        `json:"sold_again"`
	auction.Reversed

	SetAsideAt time.Time `json:"set_aside_at"`
}

// SettingAsideOf reads the ruling about a lot.
//
// Faults: not_found (the sale was not set aside).
func (s *Service) SettingAsideOf(ctx context.Context, lot uuid.UUID) (SettingAsideView, error) {
	v := SettingAsideView{Lot: lot}
	err := s.pool.QueryRow(ctx, `SELECT ground, objection_id, order_zh, order_en, reason_zh, reason_en, sold_again, reversed_fen, recoverable_fen, kept_fen, set_aside_at
		FROM settings_aside WHERE lot_id = @lot`, pgx.NamedArgs{"lot": lot}).
		Scan(&v.Ground, &v.Objection, &v.Order.Zh, &v.Order.En, &v.Reason.Zh, &v.Reason.En, &v.SoldAgain, &v.ReversedFen, &v.RecoverableFen, &v.KeptFen, &v.SetAsideAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return v, fault.New(fault.NotFound, fault.NotFoundCode).InField("lot")
	}
	if err != nil {
		return v, fault.Internalf("read setting aside: %w", err)
	}
	return v, nil
}
