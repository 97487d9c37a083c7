package auction

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/auction/trail"
)

// OpenCase opens an enforcement case at the judge's court and returns its id.
// The case's Assets and Lots are not looked at: AddAsset and ListLot add them.
//
// Faults: role_forbidden, invalid_request (a field is empty), amount_invalid,
// amount_too_large, case_number_taken (conflict).
func (s *Service) OpenCase(ctx context.Context, by Actor, c docket.Case) (uuid.UUID, error) {
	if err := by.judgeOf(by.CourtID); err != nil || by.CourtID == uuid.Nil {
		return uuid.Nil, fault.New(fault.Forbidden, fault.RoleForbidden)
	}
	var id uuid.UUID
	err := s.act(ctx, func(tx pgx.Tx, now time.Time) error {
		court, err := courtByID(ctx, tx, by.CourtID)
		if err != nil {
			return err
		}
		id, err = insertCase(ctx, tx, now, by, court, c)
		return err
	})
	return id, err
}

// courtRow is a court as its table holds it.
type courtRow struct {
	ID   uuid.UUID
	Code string
	// Public is the court as announcements print it.
	Public docket.Court
}

func courtByID(ctx context.Context, tx pgx.Tx, id uuid.UUID) (courtRow, error) {
	return readCourt(ctx, tx, `id = @id`, pgx.NamedArgs{"id": id})
}

func courtByCode(ctx context.Context, tx pgx.Tx, code string) (courtRow, error) {
	return readCourt(ctx, tx, `code = @code`, pgx.NamedArgs{"code": code})
}

func readCourt(ctx context.Context, tx pgx.Tx, where string, args pgx.NamedArgs) (courtRow, error) {
	var c courtRow
	var nameZH, nameEN, region, address, phone, supervision string
	err := tx.QueryRow(ctx, `SELECT id, code, name_zh, name_en, region, address, phone, supervision_phone FROM courts WHERE `+where, args).
		Scan(&c.ID, &c.Code, &nameZH, &nameEN, &region, &address, &phone, &supervision)
	if errors.Is(err, pgx.ErrNoRows) {
		return courtRow{}, notFound("court")
	}
	if err != nil {
		return courtRow{}, fault.Internalf("read court: %w", err)
	}
	c.Public = docket.Court{
		Code: c.Code, Name: docket.Text{Zh: nameZH, En: nameEN}, Region: docket.Region{Code: region},
		Address: docket.Text{Zh: address, En: address}, Phone: phone, SupervisionPhone: supervision,
	}
	return c, nil
}

func insertCase(ctx context.Context, tx pgx.Tx, now time.Time, by Actor, court courtRow, c docket.Case) (uuid.UUID, error) {
	if err := checkCase(c); err != nil {
		return uuid.Nil, err
	}
	id, err := newID()
	if err != nil {
		return uuid.Nil, err
	}
	c.Assets, c.Lots = nil, nil
	document, err := json.Marshal(c)
	if err != nil {
		return uuid.Nil, fault.Internalf("encode case: %w", err)
	}
	courtDocument, err := json.Marshal(court.Public)
	if err != nil {
		return uuid.Nil, fault.Internalf("encode court: %w", err)
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO cases (id, court_id, number, kind, document, claim_fen, court, created_by, created_at)
		VALUES (@id, @court_id, @number, @kind, @document, @claim, @court, @by, @now)`,
		pgx.NamedArgs{
			"id": id, "court_id": court.ID, "number": c.Number, "kind": c.Kind, "document": document,
			"claim": c.ClaimFen, "court": courtDocument, "by": by.account(), "now": now,
		})
	if violates(err, "cases_number_key") {
		return uuid.Nil, fault.New(fault.Conflict, fault.CaseNumberTaken).InField("number").With("number", c.Number)
	}
	if err != nil {
		return uuid.Nil, fault.Internalf("insert case: %w", err)
	}
	err = trail.Record(ctx, tx, trail.Step{
		CaseID: id, At: now, By: by.AccountID, Role: by.roleOnTrail(), Act: trail.CaseOpened, Rule: "R3", Public: true,
	})
	if err != nil {
		return uuid.Nil, err
	}
	return id, enter(ctx, tx, audit.KindCaseOpened, now, id, uuid.Nil, audit.CaseOpened{
		Number: c.Number, Court: court.Code, Kind: string(c.Kind), ClaimFen: money.Fen(c.ClaimFen),
	})
}

// checkCase holds what the table needs; an announcement asks for the rest.
func checkCase(c docket.Case) error {
	switch {
	case strings.TrimSpace(c.Number) == "":
		return empty("number")
	case !slices.Contains([]docket.CaseKind{docket.Civil, docket.Criminal, docket.Administrative, docket.Arbitration, docket.Notarial}, c.Kind):
		return fault.New(fault.Invalid, fault.InvalidRequest).InField("kind")
	case len(c.Applicants) == 0:
		return empty("applicants")
	case len(c.Debtors) == 0:
		return empty("debtors")
	}
	if err := money.Fen(c.ClaimFen).Valid(); err != nil {
		return inField(err, "claim_fen")
	}
	return nil
}

func empty(field string) *fault.Error {
	return fault.New(fault.Invalid, fault.InvalidRequest).InField(field)
}

// inField names the input of a pure check's fault.
func inField(err error, field string) error {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.InField(field)
	}
	return err
}

// caseRow is a case as the use cases need it.
type caseRow struct {
	ID       uuid.UUID
	CourtID  uuid.UUID
	Number   string
	Document docket.Case
	Court    docket.Court
}

func readCase(ctx context.Context, tx pgx.Tx, id uuid.UUID) (caseRow, error) {
	var c caseRow
	err := tx.QueryRow(ctx, `SELECT id, court_id, number, document, court FROM cases WHERE id = @id`, pgx.NamedArgs{"id": id}).
		Scan(&c.ID, &c.CourtID, &c.Number, &c.Document, &c.Court)
	if errors.Is(err, pgx.ErrNoRows) {
		return caseRow{}, notFound("case")
	}
	if err != nil {
		return caseRow{}, fault.Internalf("read case: %w", err)
	}
	return c, nil
}
