package pages

import (
	"time"

	"mingchui/auction/money"
)

// Phase is where a lot stands, as a reader sees it.
type Phase string

// The phases. Extended is live in its closing; Enrolling is announced with
// enrolment open, which it is from the announcement on.
const (
	Draft     Phase = "draft"
	Voted     Phase = "voted"
	Announced Phase = "announced"
	Live      Phase = "live"
	Extended  Phase = "extended"
	Suspended Phase = "suspended"
	Sold      Phase = "sold"
	Unsold    Phase = "unsold"
	Paid      Phase = "paid"
	Ruled     Phase = "ruled"
	Defaulted Phase = "defaulted"
	Taken     Phase = "taken"
	Returned  Phase = "returned"
	SetAside  Phase = "set_aside"
	Withdrawn Phase = "withdrawn"
)

// Running reports whether bids are being taken.
func (p Phase) Running() bool { return p == Live || p == Extended }

// Ended reports whether bidding is over with a result.
func (p Phase) Ended() bool {
	switch p {
	case Sold, Unsold, Paid, Ruled, Defaulted, Taken, Returned, SetAside:
		return true
	case Draft, Voted, Announced, Live, Extended, Suspended, Withdrawn:
	}
	return false
}

// Bought reports whether somebody won by bidding.
func (p Phase) Bought() bool { return p.Ended() && p != Unsold && p != Taken && p != Returned }

// Card is a lot as lists show it, its texts in the reader's language.
type Card struct {
	ID, Title, Sub    string
	Drawing           string
	Court, CaseNumber string
	Category, Stage   string
	Phase             Phase
	// Extensions counts the moves of the end so far.
	Extensions int64
	// Price is the running or final price, zero with no bid.
	Price, StartingPrice, Reference, Deposit, Increment money.Fen
	Bids                                                int64
	Leader                                              string
	AnnouncedAt, StartsAt, EndsAt                       time.Time
	// Reason of a stay or a withdrawal.
	Reason string
}

// Href is the lot's page.
func (c Card) Href() string { return "/lots/" + c.ID }

// Shown is the price to show: the running one, else the start.
func (c Card) Shown() money.Fen {
	if c.Price > 0 {
		return c.Price
	}
	return c.StartingPrice
}

// Premium is the final price over the start, in thousandths.
func (c Card) Premium() int64 { return ratio(c.Price-c.StartingPrice, c.StartingPrice) }

// OfReference is the shown price against the reference price, in thousandths.
func (c Card) OfReference() int64 { return ratio(c.Shown(), c.Reference) }

// ratio is a/b in thousandths, rounded to the nearest; 0 without b.
func ratio(a, b money.Fen) int64 {
	if b <= 0 {
		return 0
	}
	neg := a < 0
	if neg {
		a = -a
	}
	r, err := a.Ratio(1000, int64(b), money.HalfUp)
	if err != nil {
		return 0
	}
	if neg {
		return -int64(r)
	}
	return int64(r)
}

// phaseChip is the word and shape of a phase.
func phaseChip(p *Page, ph Phase, extensions int64) Chip {
	switch ph {
	case Live:
		return Chip{"solid", "s-live", p.T("phase.live")}
	case Extended:
		if extensions > 0 {
			return Chip{"solid", "s-extended", p.T("phase.extended_n", "n", p.W.Count(extensions))}
		}
		return Chip{"solid", "s-extended", p.T("phase.extended")}
	case Announced:
		return Chip{"", "s-enrol", p.T("phase.announced")}
	case Suspended:
		return Chip{"dash", "s-stayed", p.T("phase.suspended")}
	case Sold, Paid, Ruled:
		return Chip{"solid", "s-sold", p.T("phase.sold")}
	case Defaulted:
		return Chip{"", "s-late", p.T("phase.defaulted")}
	case Unsold:
		return Chip{"soft", "s-unsold", p.T("phase.unsold")}
	case Taken:
		return Chip{"soft", "s-sold", p.T("phase.taken")}
	case Returned:
		return Chip{"soft", "s-unsold", p.T("phase.returned")}
	case SetAside:
		return Chip{"", "s-withdrawn", p.T("phase.set_aside")}
	case Withdrawn:
		return Chip{"soft", "s-withdrawn", p.T("phase.withdrawn")}
	case Draft:
		return Chip{"dash", "s-wait", p.T("phase.draft")}
	case Voted:
		return Chip{"dash", "s-done", p.T("phase.voted")}
	}
	return Chip{"soft", "s-warn", string(ph)}
}
