package distribution

import "mingchui/auction/money"

// TheCosts are what was settled of the costs, as an Addressee of what a pot gave.
const TheCosts Addressee = "costs"

// From tells what a plan gives everybody of what one pot holds, less what is set aside: each step's draw in proportion to its shares. What a claim had
// by the plan before its revision, and would not have by this one (PaidBefore), is a matter of fen and counts for the claim that has it by the order.
func (p Plan) From(pot string) map[Addressee]money.Fen {
	from := map[Addressee]money.Fen{}
	for _, s := range p.Steps {
		for _, d := range s.Draws {
			if d.Pot != pot {
				continue
			}
			if len(s.Shares) == 0 {
				from[s.Place.payee()] += d.Taken
				continue
			}
			fens := make([]money.Fen, len(s.Shares))
			for i, x := range s.Shares {
				fens[i] = x.Fen
			}
			for i, f := range split(d.Taken, fens) {
				from[Addressee(s.Shares[i].Claim)] += f
			}
		}
	}
	for _, d := range p.Dues {
		if who := Addressee(d.Claim); d.SetAside > 0 && from[who] > 0 {
			from[who] = split(from[who], []money.Fen{d.Fen - d.SetAside, d.SetAside})[0]
		}
	}
	return from
}

// payee is who has what a step without shares takes.
func (p Place) payee() Addressee {
	if p == OwnCosts || p == CommonCosts {
		return TheCosts
	}
	return TheDebtor
}
