package course

import (
	"mingchui/auction/fault"
)

// Decide says what becomes of command c at now (unix milliseconds): the next event, or a refusal. The event's time is
// max(s.LastAt, now). Shard, Epoch and N of the event are left zero.
//
// Codes: bid_below_start, bid_too_low, off_increment, already_leading (R20a, R21), not_enrolled, excluded, not_started,
// closed, suspended, gap_in_closing (close, R28o), enrolment_exists (admit), maximum_not_offered and maximum_none (maxima),
// state_conflict (a step that the phase does not allow), amount_invalid, amount_too_large, invalid_request (a command that can never be). Refusals of kind conflict carry what Refuse gives them.
func Decide(s State, c Command, now int64) (Event, error) {
	now = max(s.LastAt, now)
	e := Event{Seq: s.Seq + 1, Kind: c.Kind, At: now}
	if s.Phase == Unopened && c.Kind != Open {
		return Event{}, s.refuse(fault.StateConflict)
	}
	if s.Phase == Closed && c.Kind != Open {
		return Event{}, s.refuse(fault.Closed)
	}
	switch c.Kind {
	case Open:
		return s.open(e, c)
	case Admit:
		return s.admit(e, c)
	case Exclude:
		return s.exclude(e, c)
	case Bid:
		return s.bid(e, c)
	case Maximum:
		return s.maximum(e, c)
	case MaximumWithdrawn:
		return s.withdrawMaximum(e, c)
	case Stay:
		return s.stay(e, c)
	case Resume:
		return s.resume(e, c)
	case Epoch:
		return e, nil
	case Close:
		return s.close(e, c.Span)
	}
	return Event{}, invalid("kind")
}

func (s State) open(e Event, c Command) (Event, error) {
	if s.Phase != Unopened {
		return Event{}, s.refuse(fault.StateConflict)
	}
	t := c.Terms
	if err := t.StartingPrice.Valid(); err != nil {
		return Event{}, err
	}
	if err := t.Increment.Valid(); err != nil {
		return Event{}, err
	}
	if t.StartingPrice < 1 || t.Increment < 1 || t.StartsAt < 1 || t.EndsAt <= t.StartsAt || t.Extension < 1 || t.SellOffCourse < 0 {
		return Event{}, invalid("terms")
	}
	e.Terms, e.At = t, max(e.At, c.NotBefore)
	return e, nil
}

func (s State) admit(e Event, c Command) (Event, error) {
	if c.Code == "" || (c.Capacity == Priority) != (c.Rank > 0) || c.Rank < 0 {
		return Event{}, invalid("capacity")
	}
	if c.Capacity != Ordinary && c.Capacity != Priority && c.Capacity != Creditor {
		return Event{}, invalid("capacity")
	}
	if _, there := s.Admitted[c.Code]; there {
		return Event{}, s.refuse(fault.EnrolmentExists)
	}
	if s.Phase == Running && e.At >= s.EndsAt {
		return Event{}, s.refuse(fault.Closed) // R18: before bidding ends
	}
	e.Code, e.Capacity, e.Rank, e.NameCommitment = c.Code, c.Capacity, c.Rank, c.NameCommitment
	return e, nil
}

func (s State) exclude(e Event, c Command) (Event, error) {
	a, there := s.Admitted[c.Code]
	if !there {
		return Event{}, s.refuse(fault.NotEnrolled)
	}
	if a.Excluded {
		return Event{}, s.refuse(fault.Excluded)
	}
	e.Code, e.ReasonHash = c.Code, c.ReasonHash
	return e, nil
}

// bid is R20a to R20d and R21, R11 (no least number of bidders) and R26s, in the order of checks that the Redis function
// follows.
func (s State) bid(e Event, c Command) (Event, error) {
	if err := c.Amount.Valid(); err != nil {
		return Event{}, err
	}
	a, err := s.bidder(c.Code, e.At)
	if err != nil {
		return Event{}, err
	}
	if c.Automatic && !s.mayAnswer(c.Code, e.At) {
		return Event{}, s.refuse(fault.MaximumNone)
	}
	switch {
	case c.Amount < s.Terms.StartingPrice:
		return Event{}, s.refuse(fault.BidBelowStart)
	case s.Leader == "" && (c.Amount-s.Terms.StartingPrice)%s.Terms.Increment != 0:
		return Event{}, s.refuse(fault.OffIncrement)
	case s.Leader == c.Code:
		return Event{}, s.refuse(fault.AlreadyLeading)
	case s.Leader == "":
	case c.Amount == s.Price && Better(a.Rank, s.LeaderRank): // R21: a match is a bid
	case c.Amount-s.Price < s.Terms.Increment:
		return Event{}, s.refuse(fault.BidTooLow)
	case (c.Amount-s.Price)%s.Terms.Increment != 0:
		return Event{}, s.refuse(fault.OffIncrement)
	}
	e.Code, e.Amount, e.Automatic = c.Code, c.Amount, c.Automatic
	if s.Leader == "" && s.Terms.SellOffCourse > 0 { // R26s
		e.EndsAt = e.At + s.Terms.SellOffCourse
	} else { // R20c: in the last five minutes five minutes after this bid, not after the old end
		e.EndsAt = max(s.EndsAt, e.At+s.Terms.Extension)
	}
	return e, nil
}

// bidder is the standing of a code that may bid at an instant.
func (s State) bidder(code string, at int64) (Admission, error) {
	switch {
	case s.Phase == Stayed:
		return Admission{}, s.refuse(fault.Suspended)
	case at < s.Terms.StartsAt:
		return Admission{}, s.refuse(fault.NotStarted)
	case at >= s.EndsAt:
		return Admission{}, s.refuse(fault.Closed)
	}
	a, there := s.Admitted[code]
	switch {
	case !there:
		return a, s.refuse(fault.NotEnrolled)
	case a.Excluded:
		return a, s.refuse(fault.Excluded)
	}
	return a, nil
}

func (s State) stay(e Event, c Command) (Event, error) {
	if c.Ground != ByCourt && c.Ground != ByPlatform && c.Ground != ByOutage {
		return Event{}, invalid("ground")
	}
	if s.Phase == Stayed {
		return Event{}, s.refuse(fault.Suspended)
	}
	if c.Ground != ByOutage && e.At >= s.EndsAt {
		return Event{}, s.refuse(fault.Closed)
	}
	e.Ground, e.ReasonHash, e.Left = c.Ground, c.ReasonHash, s.Left(e.At)
	if c.Ground == ByOutage {
		// What was decided after it proves that bids could be placed then, whoever judged before.
		e.Since = e.At
		if c.Since > 0 {
			e.Since = max(s.ActedAt, min(c.Since, e.At))
		}
		e.Left = s.Left(e.Since)
	}
	return e, nil
}

// resume is R28o: the time left is kept, and is never less than the closing window. What the court stayed the court alone
// lets go on.
func (s State) resume(e Event, c Command) (Event, error) {
	if c.Ground != "" && c.Ground != ByOutage {
		return Event{}, invalid("ground")
	}
	if s.Phase != Stayed || (c.Ground == ByOutage && s.StayedBy != ByOutage) {
		return Event{}, s.refuse(fault.StateConflict)
	}
	e.Ground, e.EndsAt = c.Ground, e.At+max(s.Left(e.At), s.Terms.Extension)
	return e, nil
}

// close is R20c, R11 and R28o: an end stands only on a span of this epoch that covers the closing window and the end.
func (s State) close(e Event, span Span) (Event, error) {
	if s.Phase == Stayed {
		return Event{}, s.refuse(fault.Suspended)
	}
	if e.At < s.EndsAt {
		return Event{}, s.refuse(fault.StateConflict)
	}
	if span.Epoch != s.Epoch || span.From > s.ClosingFrom() || span.To < s.EndsAt || span.To > e.At {
		return Event{}, s.refuse(fault.GapInClosing)
	}
	e.Outcome, e.SpanFrom, e.SpanTo = Unsold, span.From, span.To
	if s.Leader != "" { // R11: one bid sells
		e.Outcome, e.Price, e.Leader = Sold, s.Price, s.Leader
	}
	return e, nil
}
