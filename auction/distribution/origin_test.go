package distribution_test

import (
	"maps"
	"testing"

	"pgregory.net/rapid"

	"mingchui/auction/distribution"
	"mingchui/auction/money"
)

// R31: 100.00 of the flat less 10.00 of costs go to the bank with 60.00, and its 30.00 with the car's 50.00 to two creditors of 60.00 and 60.00, a third
// of the first in dispute, and 20.00 kept for living: of 80.00 the 20.00 come as 30:50, and 60.00 are left to 120.00.
func TestR31_WhatEachHasOfAProperty(t *testing.T) {
	t.Parallel()
	p, err := distribution.Divide(distribution.Case{
		Order: distribution.ProRata, Pots: []distribution.Pot{pot("flat", 100_00, 10_00), pot("car", 50_00, 0)}, Living: 20_00,
		Claims: []distribution.Claim{on(claim("bank", secured, 60_00), distribution.Security{Pot: "flat", Rank: 1}), disputed(claim("a", ordinary, 60_00), 20_00), claim("b", ordinary, 60_00)},
	})
	if err != nil {
		t.Fatal(err)
	}
	// Of the flat's 30.00, 7.50 are kept; 22.50 are halved: 11.25 each, of a's a third is set aside.
	want := map[distribution.Addressee]money.Fen{distribution.TheCosts: 10_00, "bank": 60_00, distribution.TheDebtor: 7_50, "a": 7_50, "b": 11_25}
	if got := p.From("flat"); !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := p.From("car"); got["bank"] != 0 || got["b"] != 18_75 || got[distribution.TheDebtor] != 12_50 {
		t.Errorf("of the car %v", got)
	}
	if got := p.From("x"); len(got) != 0 {
		t.Errorf("of nothing %v", got)
	}
}

// R31: what everybody has of a property is what it brought, but for what is set aside, and nobody has more of all than the plan gives.
func TestR31_WhatAPropertyGaveIsWhatItBrought(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawn(t)
		p, err := distribution.Divide(c)
		if err != nil {
			t.Fatal(err)
		}
		var sum, brought, aside money.Fen
		for _, x := range c.Pots {
			brought += x.Proceeds
			for who, f := range p.From(x.ID) {
				if f < 0 {
					t.Fatalf("%s has %d of %s", who, f, x.ID)
				}
				sum += f
			}
		}
		for _, d := range p.Dues {
			aside += d.SetAside
		}
		// Rounding leaves a fen of each pot and claim on either side.
		if off := brought - aside - sum; off < -money.Fen(len(c.Pots)*len(c.Claims)) || off > money.Fen(len(c.Pots)*len(c.Claims)) {
			t.Fatalf("%d of %d less %d set aside", sum, brought, aside)
		}
	})
}
