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
}

// TransferInstructions tells an account what is missing of its deposit for a lot, or of the balance of a lot that it bought, and
// the reference that brings a transfer there; asked again it is the same one.
//
// Faults: not_found (nothing of the account's is open for the lot).
func (s *Service) TransferInstructions(ctx context.Context, lot, account uuid.UUID) (Instructions, error) {
	in := Instructions{LotID: lot}
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		var court uuid.UUID
		var deposit, balance *uuid.UUID
		err := tx.QueryRow(ctx, `SELECT o.what, o.deposit, o.balance, o.amount, o.paid, l.court_id FROM (
				SELECT 'balance' AS what, NULL::uuid AS deposit, lot_id AS balance, amount_fen AS amount, paid_fen AS paid FROM balances
					WHERE lot_id = @lot AND account_id = @account AND state = 'open'
				UNION ALL SELECT 'deposit', id, NULL, amount_fen, paid_fen FROM deposits
					WHERE lot_id = @lot AND account_id = @account AND state = 'requested') o, lots l
			WHERE l.id = @lot ORDER BY 1 LIMIT 1`, pgx.NamedArgs{"lot": lot, "account": account}).
			Scan(&in.For, &deposit, &balance, &in.AmountFen, &in.PaidFen, &court)
		if errors.Is(err, pgx.ErrNoRows) {
			return fault.New(fault.NotFound, fault.NotFoundCode).InField("lot")
		}
		if err != nil {
			return fault.Internalf("read what is to be paid: %w", err)
		}
		in.MissingFen = in.AmountFen - in.PaidFen
		fresh, err := newReference(s.chance)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO payment_references (code, court_id, deposit_id, balance_of) VALUES (@code, @court, @deposit, @balance) ON CONFLICT DO NOTHING`,
			pgx.NamedArgs{"code": fresh, "court": court, "deposit": deposit, "balance": balance}); err != nil {
			return fault.Internalf("keep a payment reference: %w", err)
		}
		err = tx.QueryRow(ctx, `SELECT code FROM payment_references WHERE deposit_id = @deposit OR balance_of = @balance`,
			pgx.NamedArgs{"deposit": deposit, "balance": balance}).Scan(&in.Reference)
		if err != nil {
			return fault.Internalf("read a payment reference: %w", err)
		}
		return nil
	})
	return in, err
}
