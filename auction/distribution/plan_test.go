package distribution_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"mingchui/auction/distribution"
	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// byHand is a case worked out by hand: what each claim gets and what of it is set aside, the costs, what is kept and what is left.
type byHand struct {
	name string
	kase distribution.Case
	// dues are share and set aside, by claim.
	dues                map[string][2]money.Fen
	costs, kept, debtor money.Fen
}

func pot(id string, proceeds, costs money.Fen) distribution.Pot {
	return distribution.Pot{ID: id, Proceeds: proceeds, Costs: costs}
}

func claim(id string, kind distribution.Kind, f money.Fen) distribution.Claim {
	return distribution.Claim{ID: id, Kind: kind, Amount: f}
}

func on(c distribution.Claim, at ...distribution.Security) distribution.Claim {
	c.Securities = at
	return c
}

func seized(c distribution.Claim, place int) distribution.Claim {
	c.Seized = place
	return c
}

func disputed(c distribution.Claim, f money.Fen) distribution.Claim {
	c.Disputed = f
	return c
}

const (
	secured  = distribution.Secured
	ordinary = distribution.Ordinary
)

// cases are worked out by hand.
func cases() []byHand {
	mortgages := []distribution.Claim{
		on(claim("second", secured, 40_000_00), distribution.Security{Pot: "flat", Rank: 2}),
		on(claim("first", secured, 70_000_00), distribution.Security{Pot: "flat", Rank: 1}),
		claim("ordinary", ordinary, 30_000_00),
	}
	criminal := []distribution.Claim{
		claim("fine", distribution.Fine, 50_00), claim("state", distribution.Confiscation, 1_000_00), claim("lender", ordinary, 60_00),
		claim("victim", distribution.Restitution, 200_00), on(claim("bank", secured, 150_00), distribution.Security{Pot: "flat", Rank: 1}), claim("hospital", distribution.Medical, 80_00),
	}
	return []byHand{
		{
			name: "F4: mortgages by rank, the second in part; what it lacks is ordinary",
			// 100,000 less 1,000 of costs: 70,000 to the first, 29,000 to the second. 11,000 of it and 30,000 find nothing more.
			kase: distribution.Case{Order: distribution.ProRata, Pots: []distribution.Pot{pot("flat", 100_000_00, 1_000_00)}, Claims: mortgages},
			dues: map[string][2]money.Fen{"first": {70_000_00}, "second": {29_000_00}, "ordinary": {}}, costs: 1_000_00,
		},
		{
			name: "F4: priority within the price of its own property, what it lacks in proportion with the rest",
			// The car brings 50,000 for all: 11,000 that the second lacks and 30,000 share it, so it is enough, and 9,000 are left.
			kase: distribution.Case{Order: distribution.ProRata, Pots: []distribution.Pot{pot("flat", 100_000_00, 1_000_00), pot("car", 50_000_00, 0)}, Claims: mortgages},
			dues: map[string][2]money.Fen{"first": {70_000_00}, "second": {40_000_00}, "ordinary": {30_000_00}}, costs: 1_000_00, debtor: 9_000_00,
		},
		{
			name: "F4: common costs in proportion to what own costs leave, a fen to the larger remainder",
			// 10.00 and 20.00, own costs 1.00 of the first: 9.00 and 20.00 bear 1.01 as 9:20, 31.34… and 69.65… fen: 31 and 70. The mortgage gets 8.69 from
			// the flat and its missing 1.31 in the car's 19.30 beside 30.00 of the other: of 31.31, 19.30 in proportion, 80.75… and 1849.24… fen.
			kase: distribution.Case{
				Order: distribution.ProRata, Pots: []distribution.Pot{pot("flat", 10_00, 1_00), pot("car", 20_00, 0)}, Costs: 1_01,
				Claims: []distribution.Claim{on(claim("bank", secured, 10_00), distribution.Security{Pot: "flat", Rank: 1}), claim("other", ordinary, 30_00)},
			},
			dues: map[string][2]money.Fen{"bank": {8_69 + 81}, "other": {18_49}}, costs: 2_01,
		},
		{
			name: "F4: in proportion, the fen that is left over to the earlier of equal remainders",
			// 1.00 among three equal claims: 33 and a third each; one fen is left.
			kase: distribution.Case{Order: distribution.ProRata, Pots: []distribution.Pot{pot("phone", 1_00, 0)}, Claims: []distribution.Claim{claim("a", ordinary, 5_00), claim("b", ordinary, 5_00), claim("c", ordinary, 5_00)}},
			dues: map[string][2]money.Fen{"a": {34}, "b": {33}, "c": {33}},
		},
		{
			name: "F4o: a claim in dispute for a third: a third of its share is set aside",
			// 100.00 among 90.00 and 60.00: 60.00 and 40.00. Of the 90.00, 30.00 are in dispute: 20.00 of its 60.00 wait.
			kase: distribution.Case{Order: distribution.ProRata, Pots: []distribution.Pot{pot("car", 100_00, 0)}, Claims: []distribution.Claim{disputed(claim("a", ordinary, 90_00), 30_00), claim("b", ordinary, 60_00)}},
			dues: map[string][2]money.Fen{"a": {60_00, 20_00}, "b": {40_00}},
		},
		{
			name: "F4, CPI 514: an enterprise by the order of seizure, equal places in proportion",
			// 100.00: the first seizure 50.00, the second two claims of 40.00 and 60.00 share 50.00 as 2:3, the third nothing.
			kase: distribution.Case{Order: distribution.BySeizure, Pots: []distribution.Pot{pot("plant", 101_00, 1_00)}, Claims: []distribution.Claim{
				seized(claim("third", ordinary, 10_00), 3), seized(claim("b", ordinary, 60_00), 2), seized(claim("first", ordinary, 50_00), 1), seized(claim("a", ordinary, 40_00), 2),
			}},
			dues: map[string][2]money.Fen{"first": {50_00}, "a": {20_00}, "b": {30_00}, "third": {}}, costs: 1_00,
		},
		{
			name: "F4c: the criminal order: medical costs before the mortgage, then victims, other debts, fine, confiscation",
			// The flat brings 400.00, the car 100.00: medical costs of 80.00 come from both as 4:1. The bank has 336.00 to take 150.00 from. Victims 200.00, the
			// lender 60.00, and of the 10.00 that are left the fine has 10.00.
			kase: distribution.Case{Order: distribution.Criminal, Pots: []distribution.Pot{pot("flat", 400_00, 0), pot("car", 100_00, 0)}, Claims: criminal},
			dues: map[string][2]money.Fen{"hospital": {80_00}, "bank": {150_00}, "victim": {200_00}, "lender": {60_00}, "fine": {10_00}, "state": {}},
		},
		{
			name: "F4l, F4c: the debtor's living costs are kept before the fine and not before the victim or a civil debt",
			kase: distribution.Case{Order: distribution.Criminal, Pots: []distribution.Pot{pot("flat", 400_00, 0), pot("car", 100_00, 0)}, Claims: criminal, Living: 8_00},
			dues: map[string][2]money.Fen{"hospital": {80_00}, "bank": {150_00}, "victim": {200_00}, "lender": {60_00}, "fine": {2_00}, "state": {}}, kept: 8_00,
		},
		{
			name: "F4l: of a sole home the debtor's housing is kept before ordinary creditors, after the mortgage",
			// 1,000.00: 5.00 of costs, 700.00 mortgage, 96.00 for the home, 24.00 to live; 175.00 for 100.00 and 250.00 as 2:5.
			kase: distribution.Case{
				Order: distribution.ProRata, Pots: []distribution.Pot{pot("home", 1_000_00, 5_00)}, SoleHome: 96_00, Living: 24_00,
				Claims: []distribution.Claim{on(claim("bank", secured, 700_00), distribution.Security{Pot: "home", Rank: 1}), claim("a", ordinary, 100_00), claim("b", ordinary, 250_00)},
			},
			dues: map[string][2]money.Fen{"bank": {700_00}, "a": {50_00}, "b": {125_00}}, costs: 5_00, kept: 120_00,
		},
		{
			name: "F4: costs above what a property brought are borne by the others before anybody is paid",
			// The machine brings 30.00 and cost 50.00: 20.00 come from the car's 100.00. The mortgage on the machine finds nothing and is ordinary.
			kase: distribution.Case{
				Order: distribution.ProRata, Pots: []distribution.Pot{pot("machine", 30_00, 50_00), pot("car", 100_00, 0)},
				Claims: []distribution.Claim{on(claim("bank", secured, 100_00), distribution.Security{Pot: "machine", Rank: 1}), claim("a", ordinary, 100_00)},
			},
			dues: map[string][2]money.Fen{"bank": {40_00}, "a": {40_00}}, costs: 50_00,
		},
		{
			name: "F4: equal ranks share; a mortgage on two things takes from the second what the first lacks",
			// The flat's 90.00 are shared by 60.00 and 120.00 of rank 1 as 1:2: 30.00 and 60.00. The second also has the car: 60.00 of its 75.00; the first lacks 30.00
			// and gets the last 15.00.
			kase: distribution.Case{
				Order: distribution.ProRata, Pots: []distribution.Pot{pot("flat", 90_00, 0), pot("car", 75_00, 0)},
				Claims: []distribution.Claim{
					on(claim("a", secured, 60_00), distribution.Security{Pot: "flat", Rank: 1}),
					on(claim("b", secured, 120_00), distribution.Security{Pot: "car", Rank: 2}, distribution.Security{Pot: "flat", Rank: 1}),
				},
			},
			dues: map[string][2]money.Fen{"a": {45_00}, "b": {120_00}},
		},
		{
			name: "F4: everybody in full, the rest to the debtor",
			kase: distribution.Case{Order: distribution.ProRata, Pots: []distribution.Pot{pot("car", 100_00, 1_00)}, Costs: 2_00, Claims: []distribution.Claim{claim("a", ordinary, 96_99)}},
			dues: map[string][2]money.Fen{"a": {96_99}}, costs: 3_00, debtor: 1,
		},
	}
}

// F4, F4o, F4c, F4l: worked out by hand, to the fen.
func TestF4_WorkedOutByHand(t *testing.T) {
	t.Parallel()
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, err := distribution.Divide(c.kase)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range p.Dues {
				i := slices.IndexFunc(c.kase.Claims, func(k distribution.Claim) bool { return k.ID == d.Claim })
				if want := c.dues[d.Claim]; d.Fen != want[0] || d.SetAside != want[1] || d.Open != c.kase.Claims[i].Amount-want[0] {
					t.Errorf("%s: %+v, want %d, %d set aside", d.Claim, d, want[0], want[1])
				}
			}
			if len(p.Dues) != len(c.dues) || p.Costs != c.costs || p.Kept != c.kept || p.Debtor != c.debtor {
				t.Errorf("%d dues, costs %d, kept %d, debtor %d; want %d, %d, %d, %d", len(p.Dues), p.Costs, p.Kept, p.Debtor, len(c.dues), c.costs, c.kept, c.debtor)
			}
		})
	}
}

// ownCosts are those of the properties.
func ownCosts(c distribution.Case) (sum money.Fen) {
	for _, p := range c.Pots {
		sum += p.Costs
	}
	return sum
}

// drawn is any case.
func drawn(t *rapid.T) distribution.Case {
	fen := func(name string, most int64) money.Fen { return money.Fen(rapid.Int64Range(0, most).Draw(t, name)) }
	c := distribution.Case{
		Order: rapid.SampledFrom(distribution.Orders()).Draw(t, "order"), Costs: fen("costs", 40), SoleHome: fen("home", 30), Living: fen("living", 30),
	}
	for i := range rapid.IntRange(1, 3).Draw(t, "pots") {
		c.Pots = append(c.Pots, pot(string(rune('A'+i)), fen("proceeds", 100), fen("own costs", 30)))
	}
	for i := range rapid.IntRange(0, 7).Draw(t, "claims") {
		k := claim(string(rune('a'+i)), rapid.SampledFrom(c.Order.Kinds()).Draw(t, "kind"), 1+fen("amount", 60))
		k.Seized, k.Disputed = rapid.IntRange(1, 3).Draw(t, "seized"), fen("disputed", int64(k.Amount))
		if k.Kind == secured {
			for _, p := range c.Pots[rapid.IntRange(0, len(c.Pots)-1).Draw(t, "from"):] {
				k.Securities = append(k.Securities, distribution.Security{Pot: p.ID, Rank: rapid.IntRange(1, 3).Draw(t, "rank")})
			}
		}
		c.Claims = append(c.Claims, k)
	}
	return c
}

// F4: whatever the case, nothing is lost and nothing is made, no pot gives more than it holds, nobody gets more than is owed, and the steps are the
// sums of their draws and shares.
func TestF4_NoFenIsLost(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawn(t)
		p, err := distribution.Divide(c)
		if err != nil {
			t.Fatal(err)
		}
		var in money.Fen
		held := map[string]money.Fen{}
		for _, x := range c.Pots {
			in, held[x.ID] = in+x.Proceeds, x.Proceeds
		}
		out := p.Costs + p.Kept + p.Debtor
		if owed := c.Costs + ownCosts(c); p.Costs != min(owed, in) {
			t.Fatalf("costs of %d are met with %d of %d", owed, p.Costs, in)
		}
		got := map[string]money.Fen{}
		for _, s := range p.Steps {
			if s.Asked < 1 {
				t.Fatalf("a step that asks for nothing: %+v", s)
			}
			var taken, shared money.Fen
			for _, d := range s.Draws {
				if d.Held != held[d.Pot] || d.Taken < 1 || d.Taken > d.Held {
					t.Fatalf("%s draws %+v of %d", s.Place, d, held[d.Pot])
				}
				held[d.Pot] -= d.Taken
				taken += d.Taken
			}
			for _, x := range s.Shares {
				got[x.Claim] += x.Fen
				shared += x.Fen
			}
			if taken != s.Paid || (len(s.Shares) > 0 && shared != s.Paid) || s.Paid != min(s.Asked, s.Available) {
				t.Fatalf("step %+v: taken %d, shared %d", s, taken, shared)
			}
		}
		for i, d := range p.Dues {
			k := c.Claims[i]
			if d.Fen != got[k.ID] || d.Fen+d.Open != k.Amount || d.Open < 0 || d.SetAside < 0 || d.SetAside > min(d.Fen, k.Disputed) {
				t.Fatalf("%+v of %+v, by the steps %d", d, k, got[k.ID])
			}
			out += d.Fen
		}
		if in != out {
			t.Fatalf("%d come in, %d go out", in, out)
		}
	})
}

// F4, F4c: nobody is passed over: while a claim is open that no priority limits, nothing goes to a later kind or place, nor to the debtor; and of one
// place nobody gets a fen less than in proportion, rounded down.
func TestF4_NobodyIsPassedOver(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawn(t)
		p, err := distribution.Divide(c)
		if err != nil {
			t.Fatal(err)
		}
		place := func(k distribution.Claim) int {
			n := slices.Index(c.Order.Kinds(), k.Kind)
			if c.Order == distribution.Criminal {
				if k.Kind == secured {
					n = slices.Index(c.Order.Kinds(), ordinary) // where what its property does not cover stands
				}
				return n
			}
			if c.Order == distribution.BySeizure {
				return k.Seized
			}
			return 0
		}
		for i, a := range c.Claims {
			if p.Dues[i].Open == 0 {
				continue
			}
			if p.Debtor > 0 {
				t.Fatalf("the debtor gets %d while %+v is open", p.Debtor, p.Dues[i])
			}
			for j, b := range c.Claims {
				if place(b) > place(a) && b.Kind != secured && p.Dues[j].Fen > 0 {
					t.Fatalf("%+v gets %+v while %+v of %+v is open", b, p.Dues[j], p.Dues[i], a)
				}
			}
		}
		for _, s := range p.Steps {
			for _, x := range s.Shares {
				least, err := s.Paid.Ratio(int64(x.Open), int64(s.Asked), money.Down)
				if err != nil || x.Fen < least || x.Fen > least+1 {
					t.Fatalf("%+v of %+v: %d and no more than a fen, %v", x, s, least, err)
				}
			}
		}
	})
}

// F4: a case that no plan can be made of is refused with the field.
func TestF4_WhatNoPlanIsMadeOf(t *testing.T) {
	t.Parallel()
	good := func() distribution.Case {
		return distribution.Case{Order: distribution.ProRata, Pots: []distribution.Pot{pot("flat", 100, 0)}, Claims: []distribution.Claim{
			on(claim("a", secured, 5), distribution.Security{Pot: "flat", Rank: 1}), claim("b", ordinary, 5),
		}}
	}
	if _, err := distribution.Divide(good()); err != nil {
		t.Fatal(err)
	}
	for field, change := range map[string]func(*distribution.Case){
		"order":                       func(c *distribution.Case) { c.Order = "x" },
		"pots[1].pot":                 func(c *distribution.Case) { c.Pots = append(c.Pots, pot("flat", 1, 0)) },
		"pots[0].proceeds_fen":        func(c *distribution.Case) { c.Pots[0].Proceeds = -1 },
		"pots[0].costs_fen":           func(c *distribution.Case) { c.Pots[0].Costs = money.Max },
		"costs_fen":                   func(c *distribution.Case) { c.Costs = -1 },
		"sole_home_fen":               func(c *distribution.Case) { c.SoleHome = -1 },
		"living_fen":                  func(c *distribution.Case) { c.Living = money.Max + 1 },
		"claims[1].claim":             func(c *distribution.Case) { c.Claims[1].ID = "a" },
		"claims[0].claim":             func(c *distribution.Case) { c.Claims[0].ID = "" },
		"claims[1].kind":              func(c *distribution.Case) { c.Claims[1].Kind = distribution.Fine },
		"claims[1].amount_fen":        func(c *distribution.Case) { c.Claims[1].Amount = 0 },
		"claims[0].amount_fen":        func(c *distribution.Case) { c.Claims[0].Amount = -1 },
		"claims[1].disputed_fen":      func(c *distribution.Case) { c.Claims[1].Disputed = 6 },
		"claims[0].disputed_fen":      func(c *distribution.Case) { c.Claims[0].Disputed = -1 },
		"claims[0].securities":        func(c *distribution.Case) { c.Claims[0].Securities = nil },
		"claims[1].securities":        func(c *distribution.Case) { c.Claims[1].Securities = c.Claims[0].Securities },
		"claims[0].securities[0].pot": func(c *distribution.Case) { c.Claims[0].Securities[0].Pot = "x" },
		"claims[0].securities[1].pot": func(c *distribution.Case) {
			c.Claims[0].Securities = append(c.Claims[0].Securities, distribution.Security{Pot: "flat", Rank: 2})
		},
		"claims[0].securities[0].rank": func(c *distribution.Case) { c.Claims[0].Securities[0].Rank = 0 },
		"claims[1].seized":             func(c *distribution.Case) { c.Order = distribution.BySeizure; c.Claims[0].Seized = 1 },
		"claims[0].seized":             func(c *distribution.Case) { c.Claims[0].Seized = -1 },
	} {
		c := good()
		change(&c)
		_, err := distribution.Divide(c)
		if f, ok := errors.AsType[*fault.Error](err); !ok || f.Field != field || f.Kind != fault.Invalid || (field == "claims[1].kind" && f.Rule != "F4") {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// F4c: a claim that no plan of a criminal case knows is refused by the criminal order.
func TestF4c_TheRuleOfARefusal(t *testing.T) {
	t.Parallel()
	_, err := distribution.Divide(distribution.Case{Order: distribution.Criminal, Claims: []distribution.Claim{claim("a", distribution.Fine, 0)}})
	if f, ok := errors.AsType[*fault.Error](err); !ok || f.Field != "claims[0].amount_fen" || f.Rule != "F4c" {
		t.Errorf("%v", err)
	}
}

// F4: a plan is the same bytes whoever makes it, so that the auditor can hold it against the log.
func TestF4_APlanIsItsCasesAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawn(t)
		first, err := distribution.Divide(c)
		if err != nil {
			t.Fatal(err)
		}
		again, err := distribution.Divide(c)
		if err != nil {
			t.Fatal(err)
		}
		a, _ := json.Marshal(first)
		b, _ := json.Marshal(again)
		if string(a) != string(b) {
			t.Fatalf("%s\n%s", a, b)
		}
	})
}
