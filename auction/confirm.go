package auction

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/auction/outbox"
	"mingchui/auction/papers"
	"mingchui/auction/trail"
)

func (s *Service) confirmDuty(ctx context.Context, d duty.Duty) error {
	if d.LotID == nil {
		return fault.Internalf("duty %s names no lot", d.ID)
	}
	return s.Confirm(ctx, *d.LotID)
}

// Confirm makes and publishes the confirmation of a sold lot with the buyer's
// true identity (R22). It is the machine's act, after the committed close; a
// second call does nothing. The name stands in the document, the log holds its
// hash and opens nothing but the commitment made at the code's admission.
//
// Faults: not_found, state_conflict (not sold), internal_error (the name does
// not open the commitment).
func (s *Service) Confirm(ctx context.Context, lot uuid.UUID) error {
	if s.buyers == nil {
		return fault.Internalf("confirm: no Buyers are plugged in")
	}
	return s.act(ctx, func(tx pgx.Tx, now time.Time) error {
		l, err := lockLot(ctx, tx, lot)
		if err != nil {
			return err
		}
		switch l.state() {
		case Sold, Paid, Ruled, Defaulted:
		case Draft, Voted, Announced, Suspended, Unsold, Taken, Returned, SetAside, Withdrawn:
			return conflict(l.state())
		}
		return s.confirmOnce(ctx, tx, now, &l)
	})
}

func (s *Service) confirmOnce(ctx context.Context, tx pgx.Tx, now time.Time, l *lotRow) error {
	var there bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM confirmations WHERE lot_id = @lot)`, pgx.NamedArgs{"lot": l.ID}).Scan(&there); err != nil {
		return fault.Internalf("read confirmation: %w", err)
	}
	if there {
		return nil
	}
	return s.confirm(ctx, tx, now, l)
}

func (s *Service) confirm(ctx context.Context, tx pgx.Tx, now time.Time, l *lotRow) error {
	buyer, err := s.buyers.Buyer(ctx, tx, now, l.ID, *l.BuyerCode)
	if err != nil {
		return err
	}
	if nameCommitment(buyer.NameSalt, buyer.Name) != buyer.NameCommitment {
		return fault.Internalf("lot %s: the buyer's name does not open its commitment", l.ID)
	}
	agencyID, agency, err := openAgency(ctx, tx, l.ID, buyer)
	if err != nil {
		return err
	}
	c, err := readCase(ctx, tx, l.CaseID)
	if err != nil {
		return err
	}
	deposit, err := depositOf(ctx, tx, l, buyer.AccountID)
	if err != nil {
		return err
	}
	number, err := confirmationNumber(ctx, tx, c, l.ID)
	if err != nil {
		return err
	}
	paper := papers.Confirmation{
		Version: papers.ConfirmationVersion, Number: number, Lot: l.ID.String(), CaseNumber: c.Number, Court: c.Court.Name, Stage: l.Stage, Title: l.Document.Title,
		StartedAt: *l.StartsAt, EndedAt: *l.EndedAt, BidderCode: *l.BuyerCode, BuyerName: buyer.Name,
		NameSalt: hex.EncodeToString(buyer.NameSalt), NameCommitment: buyer.NameCommitment,
		Agency: agency, AgencySalt: hex.EncodeToString(buyer.AgencySalt), AgencyCommitment: buyer.AgencyCommitment,
		Price: *l.Price, Deposit: deposit, BalanceDueAt: *l.BalanceDueAt, ConfirmedAt: now,
	}
	document, hash, err := papers.Encode(paper)
	if err != nil {
		return fault.Internalf("make confirmation: %w", err)
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO confirmations (lot_id, number, bidder_code, buyer_name, name_salt, name_commitment, account_id, agency_id, price_fen, document, hash, confirmed_at)
		VALUES (@lot, @number, @code, @name, @salt, @commitment, @account, @agency, @price, @document, @hash, @now)`,
		pgx.NamedArgs{
			"lot": l.ID, "number": number, "code": *l.BuyerCode, "name": buyer.Name, "salt": buyer.NameSalt, "commitment": buyer.NameCommitment,
			"account": buyer.AccountID, "agency": agencyID, "price": *l.Price, "document": string(document), "hash": hash, "now": now,
		})
	if err != nil {
		return fault.Internalf("insert confirmation: %w", err)
	}
	err = enterLot(ctx, tx, now, l, audit.KindConfirmation, audit.Confirmation{
		BidderCode: *l.BuyerCode, PriceFen: *l.Price, NameCommitment: buyer.NameCommitment, DocumentHash: hash,
		AgencyCommitment: buyer.AgencyCommitment, AgencySalt: paper.AgencySalt, Agency: buyer.AgencyHash,
	})
	if err != nil {
		return err
	}
	if err := onTrail(ctx, tx, now, Actor{}, l, trail.Step{Act: trail.Confirmed, Rule: "R22", Public: true}); err != nil {
		return err
	}
	if err := s.duties.Done(ctx, tx, now, duty.ConfirmSale, duty.LotKey(l.ID)); err != nil {
		return err
	}
	return outbox.Tell(ctx, tx, now, "lot.confirmed", lotTold{Lot: l.ID, Case: l.CaseID, PriceFen: *l.Price, BidderCode: *l.BuyerCode, At: now})
}

// nameCommitment is hex SHA-256(salt ‖ name), as enrolment commits.
func nameCommitment(salt []byte, name string) string {
	h := sha256.New()
	_, _ = h.Write(salt)         // a hash never fails
	_, _ = h.Write([]byte(name)) // the same
	return hex.EncodeToString(h.Sum(nil))
}

// depositOf is what the buyer's deposit counts towards the price: what was
// asked for, which for the applicant creditor is nothing or the
// difference (R17). Without a row it is the announced one.
func depositOf(ctx context.Context, tx pgx.Tx, l *lotRow, buyer uuid.UUID) (money.Fen, error) {
	var deposit money.Fen
	err := tx.QueryRow(ctx, `SELECT coalesce((SELECT amount_fen FROM deposits WHERE lot_id = @lot AND account_id = @buyer), @announced::bigint)`,
		pgx.NamedArgs{"lot": l.ID, "buyer": buyer, "announced": l.Document.DepositFen}).Scan(&deposit)
	if err != nil {
		return 0, fault.Internalf("read deposit: %w", err)
	}
	return deposit, nil
}

// confirmationNumber is the case number and the place of the lot in its case:
// （2026）皖0202执1234号-2.
func confirmationNumber(ctx context.Context, tx pgx.Tx, c caseRow, lot uuid.UUID) (string, error) {
	var place int
	err := tx.QueryRow(ctx, `SELECT count(*) FROM lots WHERE case_id = @case AND id <= @lot`,
		pgx.NamedArgs{"case": c.ID, "lot": lot}).Scan(&place)
	if err != nil {
		return "", fault.Internalf("count lots: %w", err)
	}
	return fmt.Sprintf("%s-%d", c.Number, place), nil
}

// Confirmation is the published confirmation of a lot, with its hash as the
// log quotes it. not_found before there is one.
func (s *Service) Confirmation(ctx context.Context, lot uuid.UUID) (papers.Confirmation, string, error) {
	var paper papers.Confirmation
	var hash string
	err := s.pool.QueryRow(ctx, `SELECT document, hash FROM confirmations WHERE lot_id = @lot`, pgx.NamedArgs{"lot": lot}).Scan(&paper, &hash)
	if errors.Is(err, pgx.ErrNoRows) {
		return paper, "", notFound("confirmation")
	}
	if err != nil {
		return paper, "", fault.Internalf("read confirmation: %w", err)
	}
	return paper, hash, nil
}
