package course

import (
	"time"

	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// Standing is what a refusal shows of the course that it was judged against.
type Standing struct {
	Seq int64
	// Price is 0 and Leader empty before the first bid.
	Price  money.Fen
	Leader string
	// EndsAt is the running end, unix milliseconds; 0 before the course began.
	EndsAt int64
	Terms  Terms
}

// Standing is what refusals show of s.
func (s State) Standing() Standing {
	return Standing{Seq: s.Seq, Price: s.Price, Leader: s.Leader, EndsAt: s.EndsAt, Terms: s.Terms}
}

// Refuse makes the refusal with that code: kind conflict, the rule it comes from, and the arguments seq, ends_at,
// starting_price_fen, increment_fen, starts_at, and once there is a bid price_fen and leader_code.
func Refuse(code fault.Code, at Standing) *fault.Error {
	args := map[string]any{"seq": at.Seq}
	if at.EndsAt > 0 {
		args["ends_at"] = Instant(at.EndsAt)
	}
	if at.Terms.StartingPrice > 0 {
		args["starting_price_fen"] = int64(at.Terms.StartingPrice)
		args["increment_fen"] = int64(at.Terms.Increment)
		args["starts_at"] = Instant(at.Terms.StartsAt)
	}
	if at.Leader != "" {
		args["price_fen"] = int64(at.Price)
		args["leader_code"] = at.Leader
	}
	e := fault.New(fault.Conflict, code)
	e.Rule, e.Args = ruleOf(code), args
	return e
}

// ruleOf names the row of the rule book that a refusal comes from.
func ruleOf(code fault.Code) string {
	switch code {
	case fault.BidBelowStart, fault.BidTooLow, fault.OffIncrement, fault.AlreadyLeading:
		return "R20a"
	case fault.NotEnrolled:
		return "R18"
	case fault.Closed:
		return "R20c"
	case fault.Suspended:
		return "R28"
	case fault.Excluded:
		return "R34"
	case fault.GapInClosing:
		return "R28o"
	default:
		return ""
	}
}

// Instant writes unix milliseconds as RFC 3339 in UTC with three decimals, as every public time is written.
func Instant(ms int64) string { return string(AppendInstant(make([]byte, 0, 24), ms)) }

// AppendInstant is Instant onto dst.
func AppendInstant(dst []byte, ms int64) []byte {
	return time.UnixMilli(ms).UTC().AppendFormat(dst, "2006-01-02T15:04:05.000Z")
}

func (s State) refuse(code fault.Code) error { return Refuse(code, s.Standing()) }

func invalid(field string) error {
	return fault.New(fault.Invalid, fault.InvalidRequest).InField(field)
}
