package pages

import (
	"github.com/google/uuid"

	"mingchui/auction/distribution"
	"mingchui/auction/money"
	"mingchui/payments/casefund"
)

// samplePlan is a flat and a car with a mortgage, two creditors one of whom is in dispute in part, and a sole home.
func samplePlan(p *Page) *PlanView {
	m := sampleMade(p)
	return p.plan(&m)
}

func sampleMade(p *Page) casefund.Made {
	m := casefund.Made{ID: uuid.New(), CaseID: uuid.New(), No: 2, MadeAt: p.Now, Stale: true}
	m.Reason = tx("被执行人名下唯一住房，参照当地租金标准保留五年租金。", "The debtor’s only home: five years of the local rent are kept.")
	m.Case = distribution.Case{
		Order: distribution.ProRata, Costs: 1_200_00, SoleHome: 96_000_00,
		Pots: []distribution.Pot{{ID: "flat", Proceeds: 1_135_200_00, Costs: 3_000_00}, {ID: "car", Proceeds: 88_300_00}, {ID: casefund.CasePot, Proceeds: 2_000_00}},
	}
	kinds := []distribution.Kind{distribution.Secured, distribution.Ordinary, distribution.Ordinary}
	for i, f := range []money.Fen{700_000_00, 500_000_01, 250_000_00} {
		id := uuid.New()
		k := distribution.Claim{ID: id.String(), Kind: kinds[i], Amount: f}
		if k.Kind == distribution.Secured {
			k.Securities = []distribution.Security{{Pot: "flat", Rank: 1}}
		}
		m.Case.Claims = append(m.Case.Claims, k)
		m.Claims = append(m.Claims, casefund.Numbered{ID: id, No: i + 1, Kind: k.Kind})
	}
	m.Case.Claims[1].Disputed = 100_000_00
	var err error
	if m.Plan, err = distribution.Divide(m.Case); err != nil {
		panic(err)
	}
	return m
}
