package auction_test

import (
	"testing"

	"pgregory.net/rapid"

	"mingchui/auction"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
)

const yuan = money.PerYuan

// goodTerms is a first sale that nothing is wrong with.
func goodTerms() auction.Terms {
	return auction.Terms{
		RuleSet: "china2017", Stage: law.First, ReferenceFen: 1_000_000 * yuan, ReferenceKind: auction.ByAppraisal,
		StartingPriceFen: 700_000 * yuan, IncrementFen: 3_000 * yuan, DepositFen: 70_000 * yuan, BalanceDueDays: 10,
	}
}

func codes(list []*fault.Error) []fault.Code {
	out := make([]fault.Code, len(list))
	for i, f := range list {
		out[i] = f.Code
	}
	return out
}

func TestCheckTerms(t *testing.T) {
	t.Parallel()
	second := func(a *auction.Terms) {
		a.Stage, a.PreviousStartingPriceFen, a.StartingPriceFen, a.DepositFen = law.Second, 700_000*yuan, 560_000*yuan, 56_000*yuan
	}
	for name, c := range map[string]struct {
		change func(*auction.Terms)
		code   fault.Code
		rule   string
		field  string
	}{
		"R10 at 70 per cent":                {change: func(*auction.Terms) {}},
		"R10 a fen below 70 per cent":       {func(a *auction.Terms) { a.StartingPriceFen-- }, fault.ReserveTooLow, "R10", "starting_price_fen"},
		"R10 a fraction of a fen rounds up": {func(a *auction.Terms) { a.ReferenceFen++ }, fault.ReserveTooLow, "R10", "starting_price_fen"},
		"R10 no reference":                  {func(a *auction.Terms) { a.ReferenceFen = 0 }, fault.TermsMissing, "R10", "reference_fen"},
		"R10 no starting price":             {func(a *auction.Terms) { a.StartingPriceFen, a.IncrementFen = 0, 1 }, fault.TermsMissing, "R10", "starting_price_fen"},
		"R12e by costs needs no reference":  {change: func(a *auction.Terms) { a.ReferenceFen, a.ReferenceKind, a.DepositFen = 0, auction.ByCosts, 0 }},
		"R17 at 5 per cent":                 {change: func(a *auction.Terms) { a.DepositFen = 35_000 * yuan }},
		"R17 a fen below 5 per cent":        {func(a *auction.Terms) { a.DepositFen = 35_000*yuan - 1 }, fault.DepositOutOfBounds, "R17", "deposit_fen"},
		"R17 at 20 per cent":                {change: func(a *auction.Terms) { a.DepositFen = 140_000 * yuan }},
		"R17 a fen above 20 per cent":       {func(a *auction.Terms) { a.DepositFen = 140_000*yuan + 1 }, fault.DepositOutOfBounds, "R17", "deposit_fen"},
		"R20a no increment":                 {func(a *auction.Terms) { a.IncrementFen = 0 }, fault.IncrementInvalid, "R20a", "increment_fen"},
		"R20a an increment of one fen":      {change: func(a *auction.Terms) { a.IncrementFen = 1 }},
		"R20a an increment of the start":    {change: func(a *auction.Terms) { a.IncrementFen = a.StartingPriceFen }},
		"a start of one fen": {func(a *auction.Terms) {
			a.ReferenceKind, a.ReferenceFen, a.StartingPriceFen, a.IncrementFen, a.DepositFen = auction.ByCosts, 0, 1, 2, 0
		}, fault.IncrementInvalid, "R20a", "increment_fen"},
		"R20a increment above the start":  {func(a *auction.Terms) { a.IncrementFen = a.StartingPriceFen + 1 }, fault.IncrementInvalid, "R20a", "increment_fen"},
		"R26 20 per cent lower":           {change: second},
		"R26 a fen more than 20 per cent": {func(a *auction.Terms) { second(a); a.StartingPriceFen-- }, fault.ReserveTooLow, "R26", "starting_price_fen"},
		"R26 no sale before":              {func(a *auction.Terms) { second(a); a.PreviousStartingPriceFen = 0 }, fault.TermsMissing, "R26", "previous"},
		"R26s the second sale's start": {change: func(a *auction.Terms) {
			second(a)
			a.Stage, a.PreviousStartingPriceFen = law.SellOff, a.StartingPriceFen
		}},
		"R26s no sale before":                {func(a *auction.Terms) { second(a); a.Stage, a.PreviousStartingPriceFen = law.SellOff, 0 }, fault.TermsMissing, "R26s", "previous"},
		"R26s above the second sale's start": {func(a *auction.Terms) { second(a); a.Stage = law.SellOff }, fault.ReserveTooLow, "R26s", "starting_price_fen"},
		"R26n no sale before":                {func(a *auction.Terms) { a.Stage, a.PreviousStartingPriceFen = law.NoReserve, 0 }, fault.TermsMissing, "R26n", "previous"},
		"R26n after a sale from one fen":     {change: func(a *auction.Terms) { a.Stage, a.PreviousStartingPriceFen = law.NoReserve, 1 }},
		"negative":                           {func(a *auction.Terms) { a.DepositFen = -1 }, fault.AmountInvalid, "", "deposit_fen"},
		"above 2^53":                         {func(a *auction.Terms) { a.StartingPriceFen = money.Max + 1 }, fault.AmountTooLarge, "", "starting_price_fen"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			terms := goodTerms()
			c.change(&terms)
			got := auction.CheckTerms(law.China2017(), terms)
			if c.code == "" {
				if len(got) > 0 {
					t.Errorf("refused: %v", got)
				}
				return
			}
			if len(got) != 1 || got[0].Code != c.code || got[0].Rule != c.rule || got[0].Field != c.field || got[0].Kind != fault.Invalid {
				t.Errorf("got %v (%+v), want %s by %s in %s", codes(got), got, c.code, c.rule, c.field)
			}
		})
	}
}

// A refusal tells the share that the law asks for, in thousandths, and the least price in fen.
func TestR10_R26_ARefusalTellsTheBound(t *testing.T) {
	t.Parallel()
	for stage, want := range map[law.Stage][2]int64{law.First: {700, 70_000_000}, law.Second: {800, 80_000_000}, law.SellOff: {1000, 100_000_000}} {
		terms := goodTerms()
		terms.Stage, terms.ReferenceFen, terms.PreviousStartingPriceFen = stage, 100_000_000, 100_000_000
		terms.StartingPriceFen, terms.DepositFen = 69_999_999, 7_000_000
		got := auction.CheckTerms(law.China2017(), terms)
		if len(got) != 1 || got[0].Args["permille"] != want[0] || got[0].Args["least_fen"] != money.Fen(want[1]) {
			t.Errorf("%s: %+v", stage, got)
		}
	}
}

// All faults come at once, not the first alone.
func TestCheckTerms_ListsEveryFault(t *testing.T) {
	t.Parallel()
	terms := goodTerms()
	terms.StartingPriceFen, terms.IncrementFen, terms.DepositFen = 600_000*yuan, 0, 1
	if got := auction.CheckTerms(law.China2017(), terms); len(got) != 3 {
		t.Errorf("got %v, want three faults", codes(got))
	}
}

// The bound is exact in whole fen, whatever the amounts: at the least start
// nothing is refused, one fen below R10 is.
func TestR10_R26_LeastStartIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rules := law.China2017()
		base := money.Fen(rapid.Int64Range(10, int64(money.Max)).Draw(t, "base"))
		terms := goodTerms()
		rule, permille := "R10", int64(700)
		terms.ReferenceFen = base
		if rapid.Bool().Draw(t, "second") {
			rule, permille = "R26", 800
			terms.Stage, terms.PreviousStartingPriceFen = law.Second, base
		}
		least, err := base.Permille(permille, money.Up)
		if err != nil {
			t.Fatal(err)
		}
		terms.IncrementFen = 1
		for _, start := range []money.Fen{least, least - 1} {
			terms.StartingPriceFen = start
			bound, _, err := rules.DepositBounds(start)
			if err != nil {
				t.Fatal(err)
			}
			terms.DepositFen = bound
			refused := false
			for _, f := range auction.CheckTerms(rules, terms) {
				refused = refused || (f.Code == fault.ReserveTooLow && f.Rule == rule)
			}
			// Against the definition itself: start×1000 < base×permille.
			if below := int64(start) < (int64(base)/1000)*permille+((int64(base)%1000)*permille+999)/1000; refused != below {
				t.Fatalf("base %d, start %d: refused %v, below %v", base, start, refused, below)
			}
		}
	})
}

func TestPanelApproves_R6(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		panel, approved, refused int
		want                     bool
	}{
		{3, 2, 0, false},
		{3, 2, 1, true},
		{3, 3, 0, true},
		{3, 1, 2, false},
		{3, 0, 3, false},
		{5, 3, 2, true},
		{5, 2, 3, false},
		{5, 4, 0, false},
		{4, 3, 1, false},
		{0, 0, 0, false},
		{1, 1, 0, true},
	} {
		if got := auction.PanelApproves(c.panel, c.approved, c.refused); got != c.want {
			t.Errorf("panel of %d, %d for, %d against: %v, want %v", c.panel, c.approved, c.refused, got, c.want)
		}
	}
}

// A changed figure is another digest, so no vote is counted for terms that it was not cast on.
func TestR6_DigestChangesWithEveryTerm(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for i, change := range []func(*auction.Terms){
		func(*auction.Terms) {},
		func(a *auction.Terms) { a.RuleSet = "demonstration" },
		func(a *auction.Terms) { a.Stage = law.Second },
		func(a *auction.Terms) { a.ReferenceFen++ },
		func(a *auction.Terms) { a.ReferenceKind = auction.ByMarket },
		func(a *auction.Terms) { a.StartingPriceFen++ },
		func(a *auction.Terms) { a.IncrementFen++ },
		func(a *auction.Terms) { a.DepositFen++ },
		func(a *auction.Terms) { a.PreviousStartingPriceFen = 1 },
		func(a *auction.Terms) { a.BalanceDueDays++ },
		func(a *auction.Terms) { a.PriorityPurchasers = []auction.PriorityTerm{{Rank: 1, StandingHash: "a"}} },
		func(a *auction.Terms) { a.PriorityPurchasers = []auction.PriorityTerm{{Rank: 2, StandingHash: "a"}} },
		func(a *auction.Terms) { a.PriorityPurchasers = []auction.PriorityTerm{{Rank: 1, StandingHash: "b"}} },
	} {
		terms := goodTerms()
		change(&terms)
		digest, err := terms.Digest()
		if err != nil {
			t.Fatal(err)
		}
		if before, there := seen[digest]; there {
			t.Errorf("changes %d and %d have one digest", before, i)
		}
		seen[digest] = i
	}
}
