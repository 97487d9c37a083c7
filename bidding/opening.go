package bidding

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/bidding/course"
	"mingchui/bidding/seal"
)

// purpose is why a sealed identity is opened; the table openings quotes it.
type purpose string

const (
	// forConfirmation publishes the buyer's name (R22).
	forConfirmation purpose = "confirmation"
	// forDeposit counts the buyer's deposit towards the price (R23).
	forDeposit purpose = "deposit"
)

// open is the one place where a sealed identity is opened (R18, I7): after the committed close of the lot's course, for the
// code that bought, on the trail and in the log, in the caller's transaction. Losers are never opened. What was sealed must open every
// commitment of the enrolment, and the name's must be the one that the log took with the admission.
//
// Faults: state_conflict before the close and for another code; seal_broken, sealing_key_missing (internal).
func (d *Desk) open(ctx context.Context, tx pgx.Tx, now time.Time, lot uuid.UUID, code string, why purpose, under duty.Kind) (seal.Identity, error) {
	var bought bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM courses WHERE lot_id = @lot AND phase = 'closed' AND leader_code = @code)`,
		pgx.NamedArgs{"lot": lot, "code": code}).Scan(&bought); err != nil {
		return seal.Identity{}, fault.Internalf("look whether bidding is over: %w", err)
	}
	if !bought {
		return seal.Identity{}, fault.New(fault.Conflict, fault.StateConflict).ByRule("R18")
	}
	id, err := uuid.NewV7()
	if err != nil {
		return seal.Identity{}, fault.Internalf("make an opening's id: %w", err)
	}
	// The trail comes first: its trigger holds the same rule against whatever calls this.
	if _, err := tx.Exec(ctx, `INSERT INTO openings (id, lot_id, bidder_code, purpose, duty, at) VALUES (@id, @lot, @code, @purpose, @duty, @now)`,
		pgx.NamedArgs{"id": id, "lot": lot, "code": code, "purpose": why, "duty": under, "now": now}); err != nil {
		return seal.Identity{}, fault.Internalf("write the opening: %w", err)
	}
	if err := enter(ctx, tx, now, lot, audit.KindOpened, audit.Opened{BidderCode: code, Purpose: string(why)}); err != nil {
		return seal.Identity{}, err
	}
	w, there, err := wrappedKey(ctx, tx, lot)
	if err != nil {
		return seal.Identity{}, err
	}
	var sealed, locator []byte
	var name, number, agency string
	if there {
		err = tx.QueryRow(ctx, `SELECT sealed, locator, name_commitment, number_commitment, coalesce(agency_commitment, '')
			FROM enrolments WHERE lot_id = @lot AND bidder_code = @code`,
			pgx.NamedArgs{"lot": lot, "code": code}).Scan(&sealed, &locator, &name, &number, &agency)
	}
	switch {
	case !there || errors.Is(err, pgx.ErrNoRows):
		return seal.Identity{}, fault.Wrap(fault.Internal, fault.SealBroken, fmt.Errorf("lot %s was bought by code %s, of which there is no enrolment", lot, code))
	case err != nil:
		return seal.Identity{}, fault.Internalf("read the buyer's enrolment: %w", err)
	}
	opener, err := d.ring.Opener(lot, w)
	if err != nil {
		return seal.Identity{}, err
	}
	who, err := opener.Open(code, sealed, locator)
	if err != nil {
		return seal.Identity{}, err
	}
	logged, err := admittedName(ctx, tx, lot, code)
	if err != nil {
		return seal.Identity{}, err
	}
	if who.Name.Commitment() != name || who.Number.Commitment() != number || who.AgencyCommitment() != agency || name != logged {
		return seal.Identity{}, fault.Wrap(fault.Internal, fault.SealBroken, fmt.Errorf("lot %s, code %s: it does not open its commitments", lot, code))
	}
	return who, nil
}

// admittedName is the commitment to the name that the log took with a code's admission.
func admittedName(ctx context.Context, tx pgx.Tx, lot uuid.UUID, code string) (string, error) {
	rows, err := tx.Query(ctx, `SELECT seq, at, payload FROM course_events WHERE lot_id = @lot AND kind = 'admit' ORDER BY seq`,
		pgx.NamedArgs{"lot": lot})
	if err != nil {
		return "", fault.Internalf("read admissions: %w", err)
	}
	var seq int64
	var at time.Time
	var payload []byte
	commitment := ""
	_, err = pgx.ForEachRow(rows, []any{&seq, &at, &payload}, func() error {
		e, err := course.ParseBody(course.Admit, seq, at.UnixMilli(), payload)
		if err == nil && e.Code == code {
			commitment = e.NameCommitment
		}
		return err
	})
	if err != nil {
		return "", fault.Internalf("read admissions: %w", err)
	}
	return commitment, nil
}

// Buyer opens who is behind the winning code, for the confirmation (R22).
//
// Faults: as open.
func (d *Desk) Buyer(ctx context.Context, tx pgx.Tx, now time.Time, lot uuid.UUID, code string) (auction.Buyer, error) {
	who, err := d.open(ctx, tx, now, lot, code, forConfirmation, duty.ConfirmSale)
	if err != nil {
		return auction.Buyer{}, err
	}
	b := auction.Buyer{
		AccountID: who.Account, Name: who.Name.Value, NameSalt: who.Name.Salt[:], NameCommitment: who.Name.Commitment(),
	}
	if commitment := who.AgencyCommitment(); commitment != "" {
		b.AgencyHash, b.AgencySalt, b.AgencyCommitment = who.Agency.Value, who.Agency.Salt[:], commitment
	}
	return b, nil
}

// Winner is who bought a lot and for how much, once the close is committed, for the settling of deposits (R23); sold is
// false for a lot without a bid and for one that was withdrawn, whose course never closes. Nobody else is opened: every
// other deposit goes back, whoever's it is.
//
// Faults: state_conflict before the close; otherwise as open.
func (d *Desk) Winner(ctx context.Context, tx pgx.Tx, now time.Time, lot uuid.UUID) (account uuid.UUID, price money.Fen, sold bool, err error) {
	var code *string
	var p *money.Fen
	err = tx.QueryRow(ctx, `
		SELECT c.leader_code, c.price_fen FROM lots l
		LEFT JOIN courses c ON c.lot_id = l.id AND c.phase = 'closed'
		WHERE l.id = @lot AND (c.lot_id IS NOT NULL OR l.status = 'withdrawn')`, pgx.NamedArgs{"lot": lot}).Scan(&code, &p)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return uuid.Nil, 0, false, fault.New(fault.Conflict, fault.StateConflict).ByRule("R18")
	case err != nil:
		return uuid.Nil, 0, false, fault.Internalf("read winner: %w", err)
	case p == nil || code == nil:
		return uuid.Nil, 0, false, nil
	}
	who, err := d.open(ctx, tx, now, lot, *code, forDeposit, duty.ReleaseDeposits)
	if err != nil {
		return uuid.Nil, 0, false, err
	}
	return who.Account, *p, true, nil
}
