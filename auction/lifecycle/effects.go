package lifecycle

import (
	"time"

	"mingchui/auction/law"
)

// Listed is what a new draft makes due. No law says by when a panel votes; a
// week keeps drafts from being forgotten (ours).
func Listed(rules law.RuleSet, at time.Time) []Effect {
	return []Effect{owe(JudgeVote, Judge, "R6", at.Add(7*rules.Day)).again()}
}

// effects are what an event does to duties; l is the lot after it.
func effects(rules law.RuleSet, l Lot, h Happening) []Effect {
	after := func(d time.Duration) time.Time { return h.At.Add(d) }
	switch h.Event {
	case TermsRevised:
		return append(list(End, JudgeVote, Announce, NotifyParties), Listed(rules, h.At)...)
	case TermsApproved:
		// R10p: disposal begins within ten days of the price; of the vote on it we take the same (ours).
		// R16: who is to be told is told three days before that.
		return append(list(Fulfil, JudgeVote), owe(Announce, Judge, "R10p", after(rules.DisposalWithin)).again(),
			owe(NotifyParties, Judge, "R16", after(rules.DisposalWithin-rules.NoticeLead)).again())
	case DraftWithdrawn:
		return list(End, JudgeVote, Announce, NotifyParties)
	case WasAnnounced:
		return append(list(Fulfil, Announce, NotifyParties),
			owe(OpenCourse, Machine, "", h.At),
			// The engine closes by its own timers; this closes what no engine looked at.
			owe(CloseCourse, Machine, "R20c", h.EndsAt))
	case WasStayed:
		// The five days run from the end of the cause, which nobody but the court knows; so the list asks again after that
		// long, whatever comes.
		rule := "R28"
		if h.Outage {
			rule = "R28o"
		}
		return []Effect{owe(Resume, Judge, rule, after(rules.ResumeWithin)).again()}
	case WasResumed:
		return list(Fulfil, Resume)
	case WasWithdrawn:
		out := append(list(Fulfil, Resume), list(End, OpenCourse, CloseCourse)...)
		out = append(out, owe(ReleaseDeposits, Machine, "R23", h.At))
		return append(out, l.soldAgain(rules, h.At, "R17w")...)
	case EndedSold:
		due := after(time.Duration(l.BalanceDueDays) * rules.Day)
		return append(list(Fulfil, CloseCourse, Resume),
			owe(ReleaseDeposits, Machine, "R23", h.At), owe(ConfirmSale, Machine, "R22", h.At),
			owe(PayBalance, Bidder, "R25", due), owe(BalanceDue, Machine, "R24", due))
	case EndedUnsold:
		return append(append(list(Fulfil, CloseCourse, Resume), owe(ReleaseDeposits, Machine, "R23", h.At)), afterUnsold(rules, l.Stage, h.At)...)
	case BalancePaid:
		return append(append(append(list(Fulfil, PayBalance), list(End, BalanceDue)...), l.ruling(rules, h.At)...), owe(PayOut, Finance, "F2", after(rules.PayOutWithin)))
	case BuyerDefaulted:
		// No text says by when; the period of R26 is taken (ours).
		return append(append(list(Fulfil, BalanceDue), list(End, PayBalance)...), owe(ReSale, Judge, "R24", after(rules.SecondSaleWithin)))
	case TakenForDebt:
		out := append(list(Fulfil, AskCreditors), list(End, SecondSale, SellOffSale, ReturnProperty)...)
		for _, e := range l.ruling(rules, h.At) { // a taking may lapse, and another follow
			out = append(out, e.again())
		}
		return out
	case TakingLapsed:
		out := list(End, MakeRuling, CheckEligibility)
		for _, e := range afterUnsold(rules, l.Stage, h.At) { // the times begin anew
			out = append(out, e.again())
		}
		return out
	case ReturnedToDebtor:
		return append(list(Fulfil, ReturnProperty), list(End, SecondSale, SellOffSale, AskCreditors, ReSale)...)
	case RulingServed:
		return append(list(Fulfil, MakeRuling), owe(HandOver, Judge, "R20r", h.ServedAt.Add(rules.HandoverWithin)))
	case HandedOver:
		return list(Fulfil, HandOver)
	case WasSetAside:
		return append(list(End, ConfirmSale, PayBalance, BalanceDue, CheckEligibility, MakeRuling, PayOut, HandOver, ReSale), l.soldAgain(rules, h.At, "R31")...)
	case NextSaleAnnounced, SoldDirectly:
		return append(list(Fulfil, SecondSale, SellOffSale, ReSale), list(End, AskCreditors, ReturnProperty)...)
	}
	return nil
}

// afterUnsold is what a failed sale makes due (R26, R26s, R16d, R24r).
func afterUnsold(rules law.RuleSet, stage law.Stage, at time.Time) []Effect {
	switch stage {
	case law.First:
		return []Effect{owe(SecondSale, Judge, "R26", at.Add(rules.SecondSaleWithin))}
	case law.Second:
		return []Effect{
			owe(AskCreditors, Judge, "R26s", at.Add(rules.AskCreditorsWithin)),
			owe(SellOffSale, Judge, "R26s", at.Add(rules.SellOffWithin)),
		}
	case law.SellOff, law.NoReserve:
		// No text says by when it goes back; the time of the question, and as long again, is taken (ours).
		return []Effect{
			owe(AskCreditors, Judge, "R16d", at.Add(rules.AskCreditorsWithin)),
			owe(ReturnProperty, Judge, "R24r", at.Add(2*rules.AskCreditorsWithin)),
		}
	}
	return nil
}

// ruling owes the ruling, and before it the check of a buyer whose right to own is limited.
func (l Lot) ruling(rules law.RuleSet, at time.Time) []Effect {
	approved := at.Add(time.Duration(l.ApprovalDays) * rules.Day)
	due := approved.Add(rules.RulingWithin)
	out := []Effect{owe(MakeRuling, Judge, "R20r", due)}
	switch {
	case l.ApprovalDays > 0:
		out = append(out, owe(CheckEligibility, Judge, "R12e", approved))
	case l.Limited:
		out = append(out, owe(CheckEligibility, Judge, "R17h", due))
	}
	return out
}

// soldAgain owes the next sale where the ground of a withdrawal or of setting aside leaves the seizure as it is.
func (l Lot) soldAgain(rules law.RuleSet, at time.Time, rule string) []Effect {
	if !l.AwaitsNext() {
		return nil
	}
	return []Effect{owe(ReSale, Judge, rule, at.Add(rules.SecondSaleWithin)).again()}
}

func owe(d Duty, a Actor, rule string, due time.Time) Effect {
	return Effect{Do: Owe, Duty: d, Actor: a, Rule: rule, DueAt: due}
}

// again marks a duty that a lot may owe more than once.
func (e Effect) again() Effect {
	e.Repeats = true
	return e
}

func list(do Do, duties ...Duty) []Effect {
	out := make([]Effect, len(duties))
	for i, d := range duties {
		out[i] = Effect{Do: do, Duty: d}
	}
	return out
}
