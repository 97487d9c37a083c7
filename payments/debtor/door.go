package debtor

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/fault"
	"mingchui/auction/trail"
)

const (
	// letters are Crockford's base 32: none is taken for another on paper.
	letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	// codeLength gives 100 bits.
	codeLength, codeGroup = 20, 5
	// maxTyped bounds what is read as a code.
	maxTyped = 64
)

// newCode makes a code in groups, as the letter prints it.
func newCode() string {
	var raw [codeLength]byte
	_, _ = rand.Read(raw[:]) // it does not fail: crypto/rand ends the process instead
	var b strings.Builder
	for i, x := range raw {
		if i > 0 && i%codeGroup == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(letters[x%32])
	}
	return b.String()
}

// hashOf is the hash of a code as somebody typed it.
func hashOf(typed string) ([]byte, bool) {
	if len(typed) > maxTyped {
		return nil, false
	}
	clean := strings.Map(func(r rune) rune {
		switch r {
		case '-', ' ', '\t', '－', '—', '　':
			return -1
		case 'O':
			return '0'
		case 'I', 'L':
			return '1'
		}
		return r
	}, strings.ToUpper(typed))
	if len(clean) != codeLength || strings.Trim(clean, letters) != "" {
		return nil, false
	}
	sum := sha256.Sum256([]byte(clean))
	return sum[:], true
}

// Give opens a door to a case and returns its code, which is shown once, for the letter to the debtor.
//
// Faults: role_forbidden (judges and clerks of the case's court may), not_found.
func (s *Service) Give(ctx context.Context, by auction.Actor, caseID uuid.UUID) (code string, err error) {
	id, err := newID()
	if err != nil {
		return "", err
	}
	code = newCode()
	hash, _ := hashOf(code)
	step := trail.Step{Act: trail.DebtorDoorGiven, Rule: "R17w", Detail: map[string]any{"door": id}}
	err = s.auction.OnCase(ctx, by, caseID, ofCourt, step, func(a *auction.CaseAct) error {
		if _, err := a.Tx.Exec(ctx, `INSERT INTO debtor_doors (id, case_id, code_hash, given_by, given_at, expires_at) VALUES (@id, @case, @hash, @by, @now, @until)`,
			pgx.NamedArgs{"id": id, "case": caseID, "hash": hash, "by": by.AccountID, "now": a.Now, "until": a.Now.Add(doorLife)}); err != nil {
			return fault.Internalf("open a door: %w", err)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	return code, nil
}

// Revoke closes a door: a letter that was lost, or an enforcement that ended.
//
// Faults: role_forbidden, not_found, state_conflict (it is closed).
func (s *Service) Revoke(ctx context.Context, by auction.Actor, door uuid.UUID) error {
	var caseID uuid.UUID
	err := s.pool.QueryRow(ctx, `SELECT case_id FROM debtor_doors WHERE id = @id`, pgx.NamedArgs{"id": door}).Scan(&caseID)
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.New(fault.NotFound, fault.NotFoundCode).InField("door")
	}
	if err != nil {
		return fault.Internalf("read a door: %w", err)
	}
	step := trail.Step{Act: trail.DebtorDoorRevoked, Rule: "R17w", Detail: map[string]any{"door": door}}
	return s.auction.OnCase(ctx, by, caseID, ofCourt, step, func(a *auction.CaseAct) error {
		tag, err := a.Tx.Exec(ctx, `UPDATE debtor_doors SET revoked_by = @by, revoked_at = @now WHERE id = @id AND revoked_at IS NULL`,
			pgx.NamedArgs{"id": door, "by": by.AccountID, "now": a.Now})
		if err != nil {
			return fault.Internalf("close a door: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return fault.New(fault.Conflict, fault.StateConflict).InField("door")
		}
		return nil
	})
}

// Door is a door as its court sees it.
type Door struct {
	ID               uuid.UUID
	GivenAt, Expires time.Time
	FirstUsedAt      *time.Time
	RevokedAt        *time.Time
}

// Doors lists those of a case, the newest first, with the case's number.
//
// Faults: role_forbidden, not_found.
func (s *Service) Doors(ctx context.Context, by auction.Actor, caseID uuid.UUID) (number string, list []Door, err error) {
	var court uuid.UUID
	err = s.pool.QueryRow(ctx, `SELECT court_id, number FROM cases WHERE id = @case`, pgx.NamedArgs{"case": caseID}).Scan(&court, &number)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil, fault.New(fault.NotFound, fault.NotFoundCode).InField("case")
	}
	if err != nil {
		return "", nil, fault.Internalf("read a case: %w", err)
	}
	if err := ofCourt(by, court); err != nil {
		return "", nil, err
	}
	rows, err := s.pool.Query(ctx, `SELECT id, given_at, expires_at, first_used_at, revoked_at FROM debtor_doors WHERE case_id = @case ORDER BY given_at DESC, id DESC LIMIT 100`,
		pgx.NamedArgs{"case": caseID})
	if err != nil {
		return "", nil, fault.Internalf("read doors: %w", err)
	}
	if list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Door]); err != nil {
		return "", nil, fault.Internalf("read doors: %w", err)
	}
	return number, list, nil
}

// Inside is a case that a code opened.
type Inside struct{ Door, CaseID uuid.UUID }

// Enter opens a door by its code as it was typed. One that is not known, was revoked or has run out is told from no other.
//
// Faults: debtor_code_wrong (unauthenticated, at code). The caller bounds how often it is tried.
func (s *Service) Enter(ctx context.Context, typed string, now time.Time) (in Inside, err error) {
	wrong := fault.New(fault.Unauthenticated, fault.DebtorCodeWrong).InField("code")
	hash, ok := hashOf(typed)
	if !ok {
		return in, wrong
	}
	err = s.pool.QueryRow(ctx, `UPDATE debtor_doors SET first_used_at = coalesce(first_used_at, greatest(@now, given_at))
		WHERE code_hash = @hash AND revoked_at IS NULL AND expires_at > @now RETURNING id, case_id`, pgx.NamedArgs{"hash": hash, "now": now}).Scan(&in.Door, &in.CaseID)
	if errors.Is(err, pgx.ErrNoRows) {
		return in, wrong
	}
	if err != nil {
		return in, fault.Internalf("open a door: %w", err)
	}
	return in, nil
}
