package auction

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/lifecycle"
	"mingchui/auction/money"
	"mingchui/auction/trail"
)

// Asking records that the creditors were asked about taking an unsold property
// for the debt (R26s, R16d).
type Asking struct {
	Lot  uuid.UUID
	How  docket.Text
	Late Late
}

// AskCreditors fulfils the duty to ask them.
//
// Faults: role_forbidden, not_found, state_conflict (not unsold, or its next
// sale is announced), reason_required (how), late_reason_required (with latest_at).
func (s *Service) AskCreditors(ctx context.Context, by Actor, q Asking) error {
	if q.How.Zh == "" || q.How.En == "" {
		return fault.New(fault.Invalid, fault.ReasonRequired).InField("how").ByRule("R26s")
	}
	step := trail.Step{Act: trail.CreditorAsked, Rule: "R26s", Reason: q.How, Public: true}
	return s.OnLot(ctx, by, q.Lot, nil, step, func(a *LotAct) error {
		if err := a.takeable(); err != nil {
			return err
		}
		due, err := dueAt(ctx, a.Tx, duty.AskCreditors, q.Lot)
		if err != nil {
			return err
		}
		if a.Step.Late, err = q.Late.lateness("R26s", due, a.Now); err != nil {
			return err
		}
		return a.Done(ctx, duty.AskCreditors)
	})
}

// takeable refuses a lot that no creditor can take now.
func (a *LotAct) takeable() error {
	_, _, err := lifecycle.Step(a.Rules, a.lot.life(), lifecycle.Happening{Event: lifecycle.TakenForDebt, At: a.Now})
	return err
}

// TakingOffer is a creditor's word that it would take the property (R16d).
type TakingOffer struct {
	Lot uuid.UUID
	// Creditor is by role, never a natural person's name.
	Creditor docket.Text
	// Rank is the creditor's place in the order of satisfaction, 1 the best.
	Rank  int
	Claim money.Fen
}

// OfferToTake puts a creditor's offer on record and returns its id.
//
// Faults: role_forbidden, not_found, state_conflict, invalid_request (creditor, rank), amount_invalid,
// draw_listed (the creditors of this rank are listed for a draw, which nobody joins).
func (s *Service) OfferToTake(ctx context.Context, by Actor, o TakingOffer) (uuid.UUID, error) {
	switch {
	case strings.TrimSpace(o.Creditor.Zh) == "" || strings.TrimSpace(o.Creditor.En) == "":
		return uuid.Nil, empty("creditor").ByRule("R16d")
	case o.Rank < 1:
		return uuid.Nil, empty("rank").ByRule("R16d")
	}
	if err := o.Claim.Valid(); err != nil || o.Claim == 0 {
		return uuid.Nil, fault.New(fault.Invalid, fault.AmountInvalid).InField("claim_fen").ByRule("R16d")
	}
	id, err := newID()
	if err != nil {
		return uuid.Nil, err
	}
	step := trail.Step{Act: trail.TakingOffered, Rule: "R16d", Detail: map[string]any{"offer": id, "rank": o.Rank, "claim_fen": o.Claim}}
	return id, s.OnLot(ctx, by, o.Lot, nil, step, func(a *LotAct) error {
		if err := a.takeable(); err != nil {
			return err
		}
		_, err := a.Tx.Exec(ctx, `INSERT INTO taking_offers (id, lot_id, creditor_zh, creditor_en, rank, claim_fen, recorded_by, recorded_at)
			VALUES (@id, @lot, @zh, @en, @rank, @claim, @by, @now)`,
			pgx.NamedArgs{
				"id": id, "lot": o.Lot, "zh": o.Creditor.Zh, "en": o.Creditor.En, "rank": o.Rank, "claim": o.Claim, "by": by.AccountID, "now": a.Now,
			})
		if violates(err, "offer_joins_no_draw") {
			return fault.New(fault.Conflict, fault.DrawListed).InField("rank").ByRule("R16d").With("rank", o.Rank)
		}
		if err != nil {
			return fault.Internalf("insert offer: %w", err)
		}
		return a.Enter(ctx, audit.KindTakingOffered, audit.TakingOffered{Offer: id.String(), Rank: o.Rank, ClaimFen: o.Claim})
	})
}

// Taking is the court's decision for an offer.
type Taking struct {
	Lot, Offer uuid.UUID
	// Draw decided between offers of the same best rank; uuid.Nil where there is one alone.
	Draw uuid.UUID
}

// TakenAt tells at what price a creditor took the property, and what is still to be paid in.
type TakenAt struct {
	Price      money.Fen
	Difference money.Fen
}

// TakeForDebt gives an unsold property to a creditor at the reserve price of
// the sale that failed, or of the last that had one (R16d, ASE 16): better rank first, equal ranks by a draw
// that anyone can repeat; what it is worth above the claim is paid in before
// the ruling.
//
// Faults: role_forbidden, not_found (lot, offer), state_conflict, not_best_offer
// (a better rank offered, or the draw fell on another), draw_needed (equal ranks).
func (s *Service) TakeForDebt(ctx context.Context, by Actor, k Taking) (TakenAt, error) {
	var out TakenAt
	step := trail.Step{Act: trail.TakenForDebt, Rule: "R16d", Public: true}
	return out, s.OnLot(ctx, by, k.Lot, nil, step, func(a *LotAct) error {
		offer, draw, err := bestOffer(ctx, a.Tx, s.draws, k)
		if err != nil {
			return err
		}
		terms, err := a.lot.terms()
		if err != nil {
			return err
		}
		out = TakenAt{Price: terms.ReserveFen(), Difference: max(terms.ReserveFen()-offer.Claim, 0)}
		err = a.Move(ctx, lifecycle.Happening{Event: lifecycle.TakenForDebt, Price: out.Price}, `price_fen = @price`, pgx.NamedArgs{"price": out.Price})
		if err != nil {
			return err
		}
		_, err = a.Tx.Exec(ctx, `INSERT INTO takings (lot_id, offer_id, price_fen, claim_fen, difference_fen, draw_id, taken_at)
			VALUES (@lot, @offer, @price, @claim, @difference, @draw, @now)`,
			pgx.NamedArgs{
				"lot": k.Lot, "offer": k.Offer, "price": out.Price, "claim": offer.Claim, "difference": out.Difference,
				"draw": orNil(draw), "now": a.Now,
			})
		if err != nil {
			return fault.Internalf("insert taking: %w", err)
		}
		if out.Difference > 0 {
			err := a.Owe(ctx, duty.Duty{Kind: duty.PayDifference, Key: k.Offer.String(), Rule: "R16d", Actor: duty.Finance, DueAt: a.Now.Add(a.Rules.RulingWithin)})
			if err != nil {
				return err
			}
		}
		// Where a difference is owed the taking does not stand yet, and payments uses nothing.
		if err := oweForfeitUse(ctx, a.Tx, a.s.duties, &a.lot, a.Now); err != nil {
			return err
		}
		if err := stopOthers(ctx, a.Tx, a.s.duties, a.lot.CaseID, a.lot.ID, a.Now); err != nil {
			return err
		}
		a.lot.Price = &out.Price
		if err := draftRuling(ctx, a.Tx, a.Now, by, &a.lot); err != nil {
			return err
		}
		a.Step.Detail = map[string]any{"price_fen": out.Price, "claim_fen": offer.Claim, "difference_fen": out.Difference, "rank": offer.Rank}
		body := audit.TakenForDebt{Rank: offer.Rank, PriceFen: out.Price, ClaimFen: offer.Claim, DifferenceFen: out.Difference, Offer: offer.ID.String()}
		if draw != uuid.Nil {
			body.Draw = draw.String()
		}
		return a.Enter(ctx, audit.KindTaken, body)
	})
}

// Draws tells whom a finished draw put first; auction/drawing implements it.
type Draws interface {
	// First is the candidate that a draw about a lot put first. not_found for a draw that is not about these candidates,
	// draw_not_made for one that is not made yet.
	First(ctx context.Context, tx pgx.Tx, draw, lot uuid.UUID, candidates []uuid.UUID) (uuid.UUID, error)
}

// OfferView is a creditor who would take an unsold property (R16d).
type OfferView struct {
	ID       uuid.UUID   `json:"offer"`
	Rank     int         `json:"rank"`
	Claim    money.Fen   `json:"claim_fen"`
	Creditor docket.Text `json:"creditor"`
	// No is its number among the lot's, in the order in which they came.
	No int `json:"no"`
}

// Takers lists the offers of the best rank for a lot that a creditor can take now.
//
// Faults: state_conflict.
func (a *LotAct) Takers(ctx context.Context) ([]OfferView, error) {
	if err := a.takeable(); err != nil {
		return nil, err
	}
	list, err := readOffers(ctx, a.Tx, a.lot.ID)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(o OfferView) bool { return o.Rank > list[0].Rank }), nil
}

// readOffers lists the offers for a lot, best rank first, but those whose difference was not paid in (ASE 22).
func readOffers(ctx context.Context, tx pgx.Tx, lot uuid.UUID) ([]OfferView, error) {
	rows, err := tx.Query(ctx, `SELECT id, rank, claim_fen, jsonb_build_object('zh', creditor_zh, 'en', creditor_en), row_number() OVER (ORDER BY recorded_at, id)
		FROM taking_offers o WHERE lot_id = @lot AND NOT EXISTS (SELECT FROM takings t WHERE t.offer_id = o.id AND t.lapsed_at IS NOT NULL)
		ORDER BY rank, id`, pgx.NamedArgs{"lot": lot})
	if err != nil {
		return nil, fault.Internalf("read offers: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[OfferView])
	if err != nil {
		return nil, fault.Internalf("read offers: %w", err)
	}
	return list, nil
}

// bestOffer holds R16d's order for the offer that was chosen, and gives the draw that decided; uuid.Nil where none was needed.
func bestOffer(ctx context.Context, tx pgx.Tx, draws Draws, k Taking) (OfferView, uuid.UUID, error) {
	list, err := readOffers(ctx, tx, k.Lot)
	if err != nil {
		return OfferView{}, uuid.Nil, err
	}
	var chosen *OfferView
	var equal []uuid.UUID
	for i, o := range list {
		if o.ID == k.Offer {
			chosen = &list[i]
		}
		if o.Rank == list[0].Rank {
			equal = append(equal, o.ID)
		}
	}
	switch {
	case chosen == nil:
		return OfferView{}, uuid.Nil, notFound("offer")
	case chosen.Rank > list[0].Rank:
		return OfferView{}, uuid.Nil, fault.New(fault.Conflict, fault.NotBestOffer).InField("offer").ByRule("R16d").With("rank", list[0].Rank)
	case len(equal) == 1:
		return *chosen, uuid.Nil, nil
	case k.Draw == uuid.Nil || draws == nil:
		return OfferView{}, uuid.Nil, fault.New(fault.Conflict, fault.DrawNeeded).InField("draw").ByRule("R16d").With("rank", chosen.Rank)
	}
	first, err := draws.First(ctx, tx, k.Draw, k.Lot, equal)
	if err != nil {
		return OfferView{}, uuid.Nil, err
	}
	if first != k.Offer {
		return OfferView{}, uuid.Nil, fault.New(fault.Conflict, fault.NotBestOffer).InField("offer").ByRule("R16d").With("rank", chosen.Rank)
	}
	return *chosen, k.Draw, nil
}

// differencePaid refuses the ruling on a taking while the difference is owed.
func differencePaid(ctx context.Context, tx pgx.Tx, lot uuid.UUID) error {
	var owed money.Fen
	err := tx.QueryRow(ctx, `SELECT difference_fen FROM takings WHERE lot_id = @lot AND difference_fen > 0 AND difference_paid_at IS NULL AND lapsed_at IS NULL`,
		pgx.NamedArgs{"lot": lot}).Scan(&owed)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fault.Internalf("read the taking: %w", err)
	}
	return fault.New(fault.Conflict, fault.DifferenceUnpaid).ByRule("R16d").With("difference_fen", owed)
}

func orNil(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

// RecordDifference notes that the difference of a taking is paid in, in the
// transaction that posts it; the ruling may then be made (R16d).
//
// Faults: not_found, state_conflict (not taken, or nothing is owed).
func (s *Service) RecordDifference(ctx context.Context, tx pgx.Tx, now time.Time, by Actor, lot uuid.UUID, amount money.Fen) error {
	step := trail.Step{Act: trail.DifferencePaid, Rule: "R16d", Detail: map[string]any{"amount_fen": amount}, Public: true}
	anyone := func(Actor, uuid.UUID) error { return nil } // payments asked
	return s.OnLotIn(ctx, tx, now, by, lot, anyone, step, func(a *LotAct) error {
		tag, err := a.Tx.Exec(ctx, `UPDATE takings SET difference_paid_at = @now
			WHERE lot_id = @lot AND difference_fen = @amount AND difference_paid_at IS NULL AND lapsed_at IS NULL`, pgx.NamedArgs{"lot": lot, "now": a.Now, "amount": amount})
		if err != nil {
			return fault.Internalf("note the difference: %w", err)
		}
		if tag.RowsAffected() == 0 || a.lot.state() != lifecycle.Taken {
			return conflict(a.lot.state())
		}
		if err := a.Done(ctx, duty.PayDifference); err != nil {
			return err
		}
		if err := oweForfeitUse(ctx, a.Tx, a.s.duties, &a.lot, a.Now); err != nil {
			return err
		}
		return a.Enter(ctx, audit.KindDifference, audit.DifferencePaid{AmountFen: amount})
	})
}
