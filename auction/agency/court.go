package agency

import (
	"context"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/fault"
)

// MaxLimit bounds a page of the court's list.
const MaxLimit = 100

// CourtQuery is a page of the court's list.
type CourtQuery struct {
	// Lot is uuid.Nil for all lots.
	Lot uuid.UUID
	// Cursor is what the page before ended with; empty for the first. Limit is 1 to MaxLimit, 0 for MaxLimit.
	Cursor string
	Limit  int
}

const ofCourtList = `l.court_id = @court AND (@all OR g.lot_id = @lot) AND l.starts_at > @now AND l.status IN ('announced', 'suspended')
			AND (@first OR (g.decided_at IS NOT NULL, l.starts_at, g.requested_at, g.id) > (@decided, @starts, @requested, @after))
		ORDER BY g.decided_at IS NOT NULL, l.starts_at, g.requested_at, g.id`

// OfCourt lists the agencies that a court has to decide on or decided for lots whose bidding has not started at now, the undecided
// first, by the start. Others are nobody's business any more: what won is on the confirmation. The second result is the next page's
// cursor, empty at the end; who is decided between two pages may come again among the decided, and nobody is left out.
//
// Faults: role_forbidden for all but the court's judges and clerks; invalid_request (cursor, limit).
func (s *Service) OfCourt(ctx context.Context, by auction.Actor, q CourtQuery, now time.Time) ([]View, string, error) {
	if err := ofCourt(by, by.CourtID); err != nil || by.CourtID == uuid.Nil {
		return nil, "", fault.New(fault.Forbidden, fault.RoleForbidden)
	}
	if q.Limit == 0 {
		q.Limit = MaxLimit
	}
	if q.Limit < 1 || q.Limit > MaxLimit {
		return nil, "", fault.New(fault.Invalid, fault.InvalidRequest).InField("limit")
	}
	after, err := parseCursor(q.Cursor)
	if err != nil {
		return nil, "", err
	}
	list, err := s.list(ctx, ofCourtList,
		pgx.NamedArgs{
			"court": by.CourtID, "lot": q.Lot, "all": q.Lot == uuid.Nil, "now": now, "limit": q.Limit + 1, "first": q.Cursor == "",
			"decided": after.decided, "starts": after.starts, "requested": after.requested, "after": after.id,
		})
	if err != nil || len(list) <= q.Limit {
		return list, "", err
	}
	list = list[:q.Limit]
	return list, cursorAfter(&list[q.Limit-1]), nil
}

// place is where a page of the court's list ended.
type place struct {
	decided           bool
	starts, requested time.Time
	id                uuid.UUID
}

// cursorAfter writes a place: 0 or 1 for decided, two times in microseconds and the id.
func cursorAfter(v *View) string {
	decided := "0"
	if v.DecidedAt != nil {
		decided = "1"
	}
	text := strings.Join([]string{decided, strconv.FormatInt(v.StartsAt.UnixMicro(), 36), strconv.FormatInt(v.RequestedAt.UnixMicro(), 36), v.ID.String()}, ".")
	return base64.RawURLEncoding.EncodeToString([]byte(text))
}

func parseCursor(cursor string) (place, error) {
	var p place
	if cursor == "" {
		return p, nil
	}
	invalid := fault.New(fault.Invalid, fault.InvalidRequest).InField("cursor")
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return p, invalid
	}
	parts := strings.Split(string(raw), ".")
	if len(parts) != 4 || (parts[0] != "0" && parts[0] != "1") {
		return p, invalid
	}
	p.decided = parts[0] == "1"
	for i, into := range []*time.Time{&p.starts, &p.requested} {
		micros, err := strconv.ParseInt(parts[i+1], 36, 64)
		if err != nil || micros < 0 || micros > maxCursorMicros {
			return p, invalid
		}
		*into = time.UnixMicro(micros)
	}
	if p.id, err = uuid.Parse(parts[3]); err != nil {
		return p, invalid
	}
	return p, nil
}

// maxCursorMicros is the year 9999 in microseconds, which PostgreSQL takes.
const maxCursorMicros = 253_370_764_800_000_000

// OfCourtOne reads one agency of the court's, decided or not, while OfCourt would list it.
//
// Faults: role_forbidden, not_found.
func (s *Service) OfCourtOne(ctx context.Context, by auction.Actor, id uuid.UUID, now time.Time) (View, error) {
	if err := ofCourt(by, by.CourtID); err != nil || by.CourtID == uuid.Nil {
		return View{}, fault.New(fault.Forbidden, fault.RoleForbidden)
	}
	list, err := s.list(ctx, `g.id = @id AND l.court_id = @court AND l.starts_at > @now AND l.status IN ('announced', 'suspended')`,
		pgx.NamedArgs{"id": id, "court": by.CourtID, "now": now, "limit": 1})
	if err != nil {
		return View{}, err
	}
	if len(list) == 0 {
		return View{}, notFound()
	}
	return list[0], nil
}
