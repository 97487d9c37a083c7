package court

import (
	"math/rand/v2"
	"testing"

	"mingchui/auction/law"
	"mingchui/cmd/mingchui/house/housetest"
)

// Sales of chance, bent to every turn, go their whole road under either rule
// set and leave every book in order.
func TestSell_BooksAreInOrder(t *testing.T) {
	t.Parallel()
	for _, rules := range []law.RuleSet{law.China2017(), law.Demonstration()} {
		t.Run(rules.Name, func(t *testing.T) {
			t.Parallel()
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			r := housetest.Open(t, housetest.Options{Rules: rules})
			n := len(Turns())
			sold, err := Sell(t.Context(), config(r), rand.New(rand.NewPCG(seed, 0)), n, Turns()...)
			if err != nil {
				t.Fatal(err)
			}
			if len(sold) < n {
				t.Errorf("%d lots, want at least %d", len(sold), n)
			}
			seen := map[string]bool{}
			for _, s := range sold {
				seen[s.Status], seen[s.Outcome], seen[string(s.Stage)] = true, true, true
				t.Logf("%s %s %s", s.Stage, s.Status, s.Outcome)
				if s.Status == "draft" || s.Status == "announced" || s.Status == "suspended" {
					t.Errorf("lot %s was left %s", s.Lot, s.Status)
				}
			}
			for _, want := range []string{"withdrawn", "defaulted", "unsold", "ruled", string(law.Second), string(law.SellOff)} {
				if !seen[want] {
					t.Errorf("no lot is %s", want)
				}
			}
			r.RunDue()
			r.Fsck()
		})
	}
}
