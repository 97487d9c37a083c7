package auction

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/auction/papers"
)

// LotDetail is a published lot whole.
type LotDetail struct {
	LotSummary

	// ServerTime is when this was read: what the page's clock is set by.
	ServerTime time.Time `json:"server_time"`
	// ExtensionMS is both the closing window and what a bid in it adds (R20c).
	ExtensionMS int64 `json:"extension_ms"`
	// SellOffCourseMS is how long bidding lasts from the first bid of a sell-off, else 0 (R26s).
	SellOffCourseMS int64 `json:"sell_off_course_ms,omitempty"`
	// Announcement is what was published, byte for byte as hashed: property,
	// documents, survey, taxes, priority purchasers, notices, contact.
	Announcement     papers.Announcement `json:"announcement"`
	AnnouncementHash string              `json:"announcement_hash"`
	Votes            VoteCount           `json:"votes"`
	// Sales are all sales of the property, this one included, oldest first.
	Sales []SaleRef `json:"sales"`
	// Acts are the court's stays, resumptions, withdrawal and lifting of the seizure with their reasons.
	Acts []PublicAct `json:"acts"`
	// Steps are what the end made due, in order, done ones included.
	Steps        []Step               `json:"steps,omitempty"`
	PaidAt       *time.Time           `json:"paid_at,omitempty"`
	Confirmation *papers.Confirmation `json:"confirmation,omitempty"`
	// ConfirmationHash is what the log quotes.
	ConfirmationHash string      `json:"confirmation_hash,omitempty"`
	Ruling           *RulingView `json:"ruling,omitempty"`
}

// VoteCount is the panel's vote (R6).
type VoteCount struct {
	Panel    int `json:"panel"`
	Approved int `json:"approved"`
	Refused  int `json:"refused"`
}

// SaleRef is one sale of the property.
type SaleRef struct {
	Lot              uuid.UUID  `json:"lot"`
	Stage            law.Stage  `json:"stage"`
	Outcome          string     `json:"outcome,omitempty"`
	StartingPriceFen money.Fen  `json:"starting_price_fen"`
	PriceFen         *money.Fen `json:"price_fen"`
	EndedAt          *time.Time `json:"ended_at,omitempty"`
}

// PublicAct is a court's act on a lot.
type PublicAct struct {
	Lot    uuid.UUID   `json:"lot"`
	Title  docket.Text `json:"title"`
	Kind   string      `json:"kind"`
	Ground string      `json:"ground,omitempty"`
	Reason docket.Text `json:"reason"`
	At     time.Time   `json:"at"`
}

// Step is one of the duties after the end.
type Step struct {
	// Kind is duty.Kind's; State is owed, done or cancelled.
	Kind   string     `json:"kind"`
	Rule   string     `json:"rule,omitempty"`
	State  string     `json:"state"`
	DueAt  time.Time  `json:"due_at"`
	DoneAt *time.Time `json:"done_at,omitempty"`
}

// RulingView is the ruling as the public reads it.
type RulingView struct {
	Number       string     `json:"number"`
	ServedAt     time.Time  `json:"served_at"`
	HandedOverAt *time.Time `json:"handed_over_at,omitempty"`
}

// Lot reads a published lot whole. not_found for one that is not published.
func (s *Service) Lot(ctx context.Context, id uuid.UUID, now time.Time) (LotDetail, error) {
	list, err := s.summaries(ctx, now, ` WHERE l.id = @id AND l.announced_at IS NOT NULL`, pgx.NamedArgs{"id": id})
	if err != nil {
		return LotDetail{}, err
	}
	if len(list) == 0 {
		return LotDetail{}, notFound("lot")
	}
	d := LotDetail{LotSummary: list[0], ServerTime: now}
	if rules, ok := law.ByName(d.RuleSet); ok {
		d.ExtensionMS = rules.Extension.Milliseconds()
		if d.Stage == law.SellOff {
			d.SellOffCourseMS = rules.SellOffCourse.Milliseconds()
		}
	}
	if err := s.papersOf(ctx, &d); err != nil {
		return LotDetail{}, err
	}
	if d.Sales, err = s.sales(ctx, id); err != nil {
		return LotDetail{}, err
	}
	if d.Acts, err = s.acts(ctx, ` WHERE a.lot_id = @id ORDER BY a.made_at, a.id`, pgx.NamedArgs{"id": id}); err != nil {
		return LotDetail{}, err
	}
	if d.EndedAt != nil {
		d.Steps, err = s.steps(ctx, id)
	}
	return d, err
}

func (s *Service) papersOf(ctx context.Context, d *LotDetail) error {
	var number *string
	var served, handed *time.Time
	var confirmationHash *string
	err := s.pool.QueryRow(ctx, `
		SELECT a.document, a.hash, l.panel_size, l.paid_at,
			(SELECT count(*) FROM votes v WHERE v.lot_id = l.id AND v.superseded_at IS NULL AND v.approve),
			(SELECT count(*) FROM votes v WHERE v.lot_id = l.id AND v.superseded_at IS NULL AND NOT v.approve),
			c.document, c.hash, r.number, r.served_at, r.handed_over_at
		FROM lots l JOIN announcements a ON a.lot_id = l.id
		LEFT JOIN confirmations c ON c.lot_id = l.id LEFT JOIN rulings r ON r.lot_id = l.id
		WHERE l.id = @id`, pgx.NamedArgs{"id": d.ID}).Scan(
		&d.Announcement, &d.AnnouncementHash, &d.Votes.Panel, &d.PaidAt, &d.Votes.Approved, &d.Votes.Refused,
		&d.Confirmation, &confirmationHash, &number, &served, &handed)
	if errors.Is(err, pgx.ErrNoRows) {
		return notFound("lot")
	}
	if err != nil {
		return fault.Internalf("read lot's papers: %w", err)
	}
	if confirmationHash != nil {
		d.ConfirmationHash = *confirmationHash
	}
	if number != nil {
		d.Ruling = &RulingView{Number: *number, ServedAt: *served, HandedOverAt: handed}
	}
	return nil
}

// sales reads the chain of sales that a lot belongs to, published ones alone.
func (s *Service) sales(ctx context.Context, id uuid.UUID) ([]SaleRef, error) {
	rows, err := s.pool.Query(ctx, `
		WITH RECURSIVE before AS (
			SELECT id, previous_lot_id FROM lots WHERE id = @id
			UNION SELECT l.id, l.previous_lot_id FROM lots l JOIN before b ON l.id = b.previous_lot_id
		), after AS (
			SELECT id FROM lots WHERE id = @id
			UNION SELECT l.id FROM lots l JOIN after a ON l.previous_lot_id = a.id
		)
		SELECT l.id, l.stage, coalesce(l.outcome, ''), l.starting_price_fen, l.price_fen, l.ended_at
		FROM lots l WHERE l.id IN (SELECT id FROM before UNION SELECT id FROM after) AND l.announced_at IS NOT NULL
		ORDER BY l.announced_at, l.id`, pgx.NamedArgs{"id": id})
	if err != nil {
		return nil, fault.Internalf("read sales of the property: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[SaleRef])
	if err != nil {
		return nil, fault.Internalf("read sales of the property: %w", err)
	}
	return list, nil
}

func (s *Service) acts(ctx context.Context, rest string, args pgx.NamedArgs) ([]PublicAct, error) {
	rows, err := s.pool.Query(ctx, `SELECT a.lot_id, l.title_zh, l.title_en, a.kind, a.ground, a.reason_zh, a.reason_en, a.made_at
		FROM lot_acts a JOIN lots l ON l.id = a.lot_id`+rest, args)
	if err != nil {
		return nil, fault.Internalf("read acts: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (PublicAct, error) {
		var a PublicAct
		err := row.Scan(&a.Lot, &a.Title.Zh, &a.Title.En, &a.Kind, &a.Ground, &a.Reason.Zh, &a.Reason.En, &a.At)
		return a, err
	})
	if err != nil {
		return nil, fault.Internalf("read acts: %w", err)
	}
	return list, nil
}

func (s *Service) steps(ctx context.Context, lot uuid.UUID) ([]Step, error) {
	rows, err := s.pool.Query(ctx, `SELECT kind, rule, state, due_at, done_at FROM duties
		WHERE lot_id = @lot AND kind = ANY(@kinds) ORDER BY coalesce(done_at, due_at), due_at, id`,
		pgx.NamedArgs{"lot": lot, "kinds": []string{
			"confirm_sale", "release_deposits", "pay_balance", "make_ruling", "hand_over", "second_sale", "sell_off_sale", "re_sale",
		}})
	if err != nil {
		return nil, fault.Internalf("read steps: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Step])
	if err != nil {
		return nil, fault.Internalf("read steps: %w", err)
	}
	return list, nil
}

// BidView is an accepted bid as everybody sees it.
type BidView struct {
	Seq        int64     `json:"seq"`
	BidderCode string    `json:"bidder_code"`
	AmountFen  money.Fen `json:"amount_fen"`
	AcceptedAt time.Time `json:"accepted_at"`
	// EndsAt is the end after this bid.
	EndsAt time.Time `json:"ends_at"`
	// Automatic: placed by the platform up to the code's maximum.
	Automatic bool `json:"automatic,omitempty"`
}

// Bids reads the committed bids of a lot after a sequence number, in order, at
// most limit (0 means MaxBids). not_found for a lot that is not published.
func (s *Service) Bids(ctx context.Context, lot uuid.UUID, afterSeq int64, limit int) ([]BidView, error) {
	if limit <= 0 || limit > MaxBids {
		limit = MaxBids
	}
	if err := s.published(ctx, lot); err != nil {
		return nil, err
	}
	rows, err := s.pool.Query(ctx, `SELECT seq, bidder_code, amount_fen, accepted_at, ends_at, automatic FROM bids
		WHERE lot_id = @lot AND seq > @after ORDER BY seq LIMIT @limit`, pgx.NamedArgs{"lot": lot, "after": afterSeq, "limit": limit})
	return collectBids(rows, err)
}

// LastBids reads the newest committed bids of a lot, the newest first.
func (s *Service) LastBids(ctx context.Context, lot uuid.UUID, limit int) ([]BidView, error) {
	rows, err := s.pool.Query(ctx, `SELECT seq, bidder_code, amount_fen, accepted_at, ends_at, automatic FROM bids
		WHERE lot_id = @lot ORDER BY seq DESC LIMIT @limit`, pgx.NamedArgs{"lot": lot, "limit": min(max(limit, 1), MaxBids)})
	return collectBids(rows, err)
}

// MaxBids bounds one reading of bids; the longest course on record had 31,674 raises.
const MaxBids = 1000

func collectBids(rows pgx.Rows, err error) ([]BidView, error) {
	if err != nil {
		return nil, fault.Internalf("read bids: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[BidView])
	if err != nil {
		return nil, fault.Internalf("read bids: %w", err)
	}
	return list, nil
}

func (s *Service) published(ctx context.Context, lot uuid.UUID) error {
	var there bool
	err := s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM lots WHERE id = @id AND announced_at IS NOT NULL)`, pgx.NamedArgs{"id": lot}).Scan(&there)
	if err != nil {
		return fault.Internalf("read lot: %w", err)
	}
	if !there {
		return notFound("lot")
	}
	return nil
}
