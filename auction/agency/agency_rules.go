package agency

import (
	"crypto/rand"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/fault"
	"mingchui/auction/papers"
)

// State is where an agency stands.
type State string

// The states. Requested is left once, by the court's decision before bidding starts; the others stay.
const (
	Requested State = "requested"
	Confirmed State = "confirmed"
	Refused   State = "refused"
)

const (
	// MaxPrincipals bounds the joint bidders of one agency, maxOpen the undecided requests of an account for a lot.
	MaxPrincipals, maxOpen = 20, 5
	// The longest fields in bytes, as an account takes them.
	maxName, maxNumber = 200, 64
	saltBytes          = 32
)

// Principal is one for whom an agent bids.
type Principal struct {
	Name string
	// Number is the identity number of a person or the registered number of a firm.
	Number string
	// ShareBP is in basis points.
	ShareBP int
	// Agent: this joint bidder is the agent; name and number are then the account's.
	Agent bool

	salt [saltBytes]byte
}

func given(text string) bool { return strings.TrimSpace(text) != "" }

func bad(field string) error {
	return fault.New(fault.Invalid, fault.InvalidRequest).InField(field).ByRule("R14")
}

// check holds what a request must say by itself.
func (r *Request) check() error {
	if !audit.IsHash(r.Proof) {
		return bad("proof")
	}
	if len(r.Principals) == 0 || len(r.Principals) > MaxPrincipals {
		return bad("principals")
	}
	sum, agents := 0, 0
	for i, p := range r.Principals {
		field := "principals." + strconv.Itoa(i) + "."
		switch {
		case p.ShareBP < 1 || p.ShareBP > papers.WholeBP:
			return bad(field + "share_bp")
		case p.Agent:
			agents++
		case p.Name == "" || len(p.Name) > maxName || !utf8.ValidString(p.Name):
			return bad(field + "name")
		case p.Number == "" || len(p.Number) > maxNumber || !utf8.ValidString(p.Number):
			return bad(field + "id_number")
		}
		sum += p.ShareBP
	}
	if agents > 1 || agents == len(r.Principals) {
		return bad("principals") // who bids alone for oneself is no agent
	}
	if sum != papers.WholeBP {
		return fault.New(fault.Invalid, fault.SharesNotWhole).InField("principals").ByRule("R14").With("sum_bp", sum).With("whole_bp", papers.WholeBP)
	}
	return nil
}

// takeAgent fills in who the agent is where the agent is one of the joint bidders, and refuses one person twice.
func (r *Request) takeAgent(agent auction.Person) error {
	seen := map[string]bool{}
	for i := range r.Principals {
		p := &r.Principals[i]
		if p.Agent {
			if agent.Name == "" || agent.Number == "" {
				return fault.New(fault.Conflict, fault.RealNameMissing).InField("real_name").ByRule("R17")
			}
			p.Name, p.Number = agent.Name, agent.Number
		}
		if seen[p.Number] || (!p.Agent && p.Number == agent.Number) {
			return bad("principals." + strconv.Itoa(i) + ".id_number")
		}
		seen[p.Number] = true
		if _, err := rand.Read(p.salt[:]); err != nil {
			return fault.Internalf("draw salt: %w", err)
		}
	}
	return nil
}

// form is what is hashed and, after a win, published.
func (r *Request) form() papers.Agency {
	f := papers.Agency{Version: 1, Lot: r.Lot.String(), Proof: r.Proof}
	for _, p := range r.Principals {
		f.Principals = append(f.Principals, papers.Principal{
			Name: p.Name, NumberCommitment: audit.Commit(p.salt[:], p.Number), ShareBP: p.ShareBP, Agent: p.Agent,
		})
	}
	return f
}

// beforeStart refuses what comes at the start of bidding or later, and where nothing is to be bid on.
func beforeStart(a *auction.LotAct) error {
	l := a.Lot()
	if !slices.Contains([]auction.State{auction.Announced, auction.Suspended}, l.State) || l.StartsAt == nil {
		return fault.New(fault.Conflict, fault.StateConflict).ByRule("R14").With("state", string(l.State))
	}
	if !a.Now.Before(*l.StartsAt) {
		return fault.New(fault.Conflict, fault.AgencyTooLate).ByRule("R14").With("starts_at", *l.StartsAt)
	}
	return nil
}
