package payments

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/payments/custody"
)

// A payment reference is 15 signs at random and a check sign: 74 bits that nobody guesses. Any one wrong sign, and any two that
// are swapped, are found. It has no I, L, O, U and Z, which are misread, and 31 signs, because the check reckons modulo a prime.
const (
	referenceSigns  = "0123456789ABCDEFGHJKMNPQRSTVWXY"
	referenceLength = 16
)

// newReference draws a reference; chance is crypto/rand's reader.
func newReference(chance io.Reader) (string, error) {
	code := make([]byte, 0, referenceLength)
	sum := 0
	for b := make([]byte, 1); len(code) < referenceLength-1; {
		if _, err := io.ReadFull(chance, b); err != nil {
			return "", fault.Internalf("draw a payment reference: %w", err)
		}
		if n := int(b[0]); n < 256-256%len(referenceSigns) { // others would make some signs likelier
			n %= len(referenceSigns)
			code = append(code, referenceSigns[n])
			sum += len(code) * n
		}
	}
	// The last sign has weight 16, whose inverse modulo 31 is 2.
	check := (len(referenceSigns) - sum%len(referenceSigns)) * 2 % len(referenceSigns)
	return string(append(code, referenceSigns[check])), nil
}

// ParseReference reads a reference as people write it: small letters, spaces and hyphens between, O for 0, I and L for 1, Z for 2.
//
// Faults: payment_reference_invalid (its check sign is wrong: it is misread).
func ParseReference(text string) (string, error) {
	code := strings.NewReplacer(" ", "", "-", "", "O", "0", "I", "1", "L", "1", "Z", "2").Replace(strings.ToUpper(strings.TrimSpace(text)))
	sum := 0
	for i := range len(code) {
		n := strings.IndexByte(referenceSigns, code[i])
		if n < 0 {
			return "", fault.New(fault.Invalid, fault.PaymentReferenceInvalid).InField("payment_reference")
		}
		sum += (i + 1) * n
	}
	if len(code) != referenceLength || sum%len(referenceSigns) != 0 {
		return "", fault.New(fault.Invalid, fault.PaymentReferenceInvalid).InField("payment_reference")
	}
	return code, nil
}

// SpacedReference is a reference in groups of four, as people copy it.
func SpacedReference(code string) string {
	var groups []string
	for i := 0; i < len(code); i += 4 {
		groups = append(groups, code[i:min(i+4, len(code))])
	}
	return strings.Join(groups, " ")
}

// Instructions are how an account pays a deposit or a balance by a transfer to the court's account.
type Instructions struct {
	// For is deposit or balance.
	For       string    `json:"for"`
	LotID     uuid.UUID `json:"lot"`
	Reference string    `json:"payment_reference"`
	// AmountFen is due in whole, PaidFen is here, MissingFen is still to come.
	AmountFen  money.Fen `json:"amount_fen"`
	PaidFen    money.Fen `json:"paid_fen"`
	MissingFen money.Fen `json:"missing_fen"`
	// Custody is the custodian's account that is this deposit's or balance's own; nil where it is paid to the court's, with the reference.
	Custody *custody.Account `json:"custody,omitempty"`
}

// TransferInstructions tells an account what is missing of its deposit for a lot, or of the balance of a lot that it bought, and
// the reference that brings a transfer there; asked again it is the same one.
//
// Faults: not_found (nothing of the account's is open for the lot), payment_provider_unavailable (the custodian's account cannot be
// opened now).
func (s *Service) TransferInstructions(ctx context.Context, lot, account uuid.UUID) (Instructions, error) {
	in := Instructions{LotID: lot}
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		var deposit, balance *uuid.UUID
		err := tx.QueryRow(ctx, `SELECT o.what, o.deposit, o.balance, o.amount, o.paid FROM (
				SELECT 'balance' AS what, NULL::uuid AS deposit, lot_id AS balance, amount_fen AS amount, paid_fen AS paid FROM balances
					WHERE lot_id = @lot AND account_id = @account AND state = 'open'
				UNION ALL SELECT 'deposit', id, NULL, amount_fen, paid_fen FROM deposits
					WHERE lot_id = @lot AND account_id = @account AND state = 'requested') o
			ORDER BY 1 LIMIT 1`, pgx.NamedArgs{"lot": lot, "account": account}).
			Scan(&in.For, &deposit, &balance, &in.AmountFen, &in.PaidFen)
		if errors.Is(err, pgx.ErrNoRows) {
			return fault.New(fault.NotFound, fault.NotFoundCode).InField("lot")
		}
		if err != nil {
			return fault.Internalf("read what is to be paid: %w", err)
		}
		in.MissingFen = in.AmountFen - in.PaidFen
		in.Reference, err = s.reference(ctx, tx, lot, deposit, balance)
		return err
	})
	if err != nil || !s.InCustody(in.AmountFen) {
		return in, err
	}
	own, err := s.openCustody(ctx, in.Reference)
	if err == nil {
		in.Custody = &own
	}
	return in, err
}

// reference is that of a deposit or a balance; it is drawn when it is asked for first.
func (s *Service) reference(ctx context.Context, tx pgx.Tx, lot uuid.UUID, deposit, balance *uuid.UUID) (code string, err error) {
	fresh, err := newReference(s.chance)
	if err != nil {
		return "", err
	}
	args := pgx.NamedArgs{"code": fresh, "lot": lot, "deposit": deposit, "balance": balance}
	if _, err := tx.Exec(ctx, `INSERT INTO payment_references (code, court_id, deposit_id, balance_of) SELECT @code, court_id, @deposit, @balance FROM lots WHERE id = @lot
		ON CONFLICT DO NOTHING`, args); err != nil {
		return "", fault.Internalf("keep a payment reference: %w", err)
	}
	if err := tx.QueryRow(ctx, `SELECT code FROM payment_references WHERE deposit_id = @deposit OR balance_of = @balance`, args).Scan(&code); err != nil {
		return "", fault.Internalf("read a payment reference: %w", err)
	}
	return code, nil
}
