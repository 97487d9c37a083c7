package papers

import (
	"strconv"
	"strings"

	"mingchui/auction/audit"
)

// WholeBP is what the shares of an agency's principals make together, in basis points.
const WholeBP = 10_000

// Agency is what a court confirms of an agent (R14): for whom the agent bids, in which shares. Its canonical form is hashed, the
// hash is the third field of the agent's sealed identity, and the confirmation of a win publishes it whole (R22).
type Agency struct {
	// Version is 1.
	Version int    `json:"v"`
	Lot     string `json:"lot"`
	// Principals are one, or joint bidders; their shares make WholeBP.
	Principals []Principal `json:"principals"`
	// Proof is the SHA-256, in hex, of the papers that the court saw.
	Proof string `json:"proof"`
}

// Principal is one for whom an agent bids.
type Principal struct {
	Name string `json:"name"`
	// NumberCommitment is hex SHA-256 over 32 bytes of salt and the identity number; both stay with the court.
	NumberCommitment string `json:"id_number_commitment"`
	ShareBP          int    `json:"share_bp"`
	// Agent: this joint bidder is the agent.
	Agent bool `json:"agent,omitempty"`
}

// Encode gives the canonical form and its SHA-256 in hex.
func (a *Agency) Encode() (form, hash string, err error) {
	b, err := audit.Canonical(*a)
	if err != nil {
		return "", "", err
	}
	return string(b), audit.HashText(string(b)), nil
}

// Names writes the principals with their shares; lang is "en" or any other for Chinese.
func (a *Agency) Names(lang string) string {
	w := &writer{en: lang == "en"}
	out := make([]string, len(a.Principals))
	for i, p := range a.Principals {
		out[i] = p.Name
		if len(a.Principals) > 1 {
			out[i] += w.pick("（份额"+Share(p.ShareBP)+"）", " ("+Share(p.ShareBP)+")")
		}
	}
	return strings.Join(out, w.pick("、", ", "))
}

// Share writes basis points as a percentage: 3,333 is 33.33%.
func Share(bp int) string {
	s := strconv.Itoa(bp / 100)
	if rest := bp % 100; rest != 0 {
		s += strings.TrimRight("."+strconv.Itoa(100 + rest)[1:], "0")
	}
	return s + "%"
}
