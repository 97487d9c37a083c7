package auction

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/lifecycle"
	"mingchui/auction/trail"
)

// Ballot is one judge's vote on a lot's terms (R6).
type Ballot struct {
	Lot uuid.UUID
	// TermsDigest is what the judge saw; empty votes on the terms as they stand.
	TermsDigest string
	// PropertyDigest is DraftView's of the property that the judge saw; empty votes on it as it stands.
	PropertyDigest string
	Approve        bool
	// Opinion is needed for a refusal; it stays with the court.
	Opinion string
}

// VoteResult tells where the panel stands.
type VoteResult struct {
	State    State
	Approved int
	Refused  int
	Panel    int
}

// Vote records a judge's vote (R6). When all of the panel have voted and more
// than half approve, the lot is Voted and may be announced.
//
// Faults: role_forbidden, not_found, state_conflict (the lot is past voting),
// vote_terms_changed (conflict: the terms, or the facts of the property), vote_repeated (conflict), panel_invalid (not
// of the panel, or it is complete), reason_required (a refusal without opinion).
func (s *Service) Vote(ctx context.Context, by Actor, b Ballot) (VoteResult, error) {
	var result VoteResult
	err := s.act(ctx, func(tx pgx.Tx, now time.Time) error {
		l, err := lockLotOf(ctx, tx, by, b.Lot)
		if f, ok := errors.AsType[*fault.Error](err); ok && f.Code == fault.RoleForbidden {
			return f.ByRule("R6") // a panel is of the case's own court
		}
		if err != nil {
			return err
		}
		if l.state() != Draft {
			return conflict(l.state())
		}
		if b.TermsDigest != "" && b.TermsDigest != l.TermsDigest {
			return fault.New(fault.Conflict, fault.VoteTermsChanged).ByRule("R6").InField("terms_digest")
		}
		if err := seenProperty(ctx, tx, b); err != nil {
			return err
		}
		if !b.Approve && b.Opinion == "" {
			return fault.New(fault.Invalid, fault.ReasonRequired).ByRule("R6").InField("opinion")
		}
		if err := s.castVote(ctx, tx, now, by, &l, b); err != nil {
			return err
		}
		result, err = s.countVotes(ctx, tx, now, &l)
		return err
	})
	return result, err
}

// seenProperty refuses a vote on property whose facts changed since the judge saw it. The lot is held, and who states its property anew
// waits for that.
func seenProperty(ctx context.Context, tx pgx.Tx, b Ballot) error {
	if b.PropertyDigest == "" {
		return nil
	}
	assets, err := lotAssets(ctx, tx, b.Lot)
	if err != nil {
		return err
	}
	stands, err := factsOf(assets)
	if err != nil {
		return err
	}
	if stands != b.PropertyDigest {
		return fault.New(fault.Conflict, fault.VoteTermsChanged).ByRule("R6").InField("property_digest")
	}
	return nil
}

// factsOf is the digest of the facts of a lot's property, in the order of its rows.
func factsOf(assets []assetRow) (string, error) {
	list := make([]docket.Asset, len(assets))
	for i, a := range assets {
		list[i] = a.Document
	}
	digest, err := docket.FactsDigest(list...)
	if err != nil {
		return "", fault.Internalf("read property: %w", err)
	}
	return digest, nil
}

func (s *Service) castVote(ctx context.Context, tx pgx.Tx, now time.Time, by Actor, l *lotRow, b Ballot) error {
	var named, member, voted bool
	var votes int
	err := tx.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM panels WHERE lot_id = @lot),
			EXISTS (SELECT FROM panels WHERE lot_id = @lot AND judge_id = @judge),
			EXISTS (SELECT FROM votes WHERE lot_id = @lot AND judge_id = @judge AND superseded_at IS NULL),
			(SELECT count(*) FROM votes WHERE lot_id = @lot AND superseded_at IS NULL)`,
		pgx.NamedArgs{"lot": l.ID, "judge": by.AccountID}).Scan(&named, &member, &voted, &votes)
	switch {
	case err != nil:
		return fault.Internalf("read votes: %w", err)
	case voted:
		return fault.New(fault.Conflict, fault.VoteRepeated).ByRule("R6")
	case named && !member, votes >= l.PanelSize:
		return fault.New(fault.Conflict, fault.PanelInvalid).ByRule("R6").With("least", l.PanelSize)
	}
	_, err = tx.Exec(ctx, `INSERT INTO votes (lot_id, judge_id, terms_digest, approve, opinion, voted_at)
		VALUES (@lot, @judge, @digest, @approve, @opinion, @now)`,
		pgx.NamedArgs{"lot": l.ID, "judge": by.AccountID, "digest": l.TermsDigest, "approve": b.Approve, "opinion": b.Opinion, "now": l.entryTime(now)})
	if err != nil {
		return fault.Internalf("insert vote: %w", err)
	}
	t, err := l.terms()
	if err != nil {
		return err
	}
	ground := "approved"
	if !b.Approve {
		ground = "refused"
	}
	if err := onTrail(ctx, tx, now, by, l, trail.Step{Act: trail.Voted, Rule: "R6", Ground: ground}); err != nil {
		return err
	}
	return enterLot(ctx, tx, now, l, audit.KindLotVoted, audit.LotVoted{
		Judge: audit.Judge(by.AccountID), Approve: b.Approve, TermsDigest: l.TermsDigest,
		StartingPriceFen: t.StartingPriceFen, IncrementFen: t.IncrementFen, DepositFen: t.DepositFen, MaximumBids: t.MaximumBids,
	})
}

func (s *Service) countVotes(ctx context.Context, tx pgx.Tx, now time.Time, l *lotRow) (VoteResult, error) {
	r := VoteResult{State: l.state(), Panel: l.PanelSize}
	err := tx.QueryRow(ctx, `SELECT count(*) FILTER (WHERE approve), count(*) FILTER (WHERE NOT approve)
		FROM votes WHERE lot_id = @lot AND terms_digest = @digest AND superseded_at IS NULL`,
		pgx.NamedArgs{"lot": l.ID, "digest": l.TermsDigest}).Scan(&r.Approved, &r.Refused)
	if err != nil {
		return r, fault.Internalf("count votes: %w", err)
	}
	if !PanelApproves(r.Panel, r.Approved, r.Refused) {
		return r, nil
	}
	if err := pass(ctx, tx, s.duties, l, lifecycle.Happening{Event: lifecycle.TermsApproved, At: now}, "", nil); err != nil {
		return r, err
	}
	r.State = l.state()
	return r, s.noticesDone(ctx, tx, now, l)
}

// PanelApproves holds R6's count: every member of the panel has voted and more
// than half approve.
func PanelApproves(panel, approved, refused int) bool {
	return panel%2 == 1 && approved+refused == panel && approved > panel/2
}
