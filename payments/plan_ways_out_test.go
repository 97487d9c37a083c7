package payments_test

import (
	"testing"

	"mingchui/auction/distribution"
	"mingchui/payments/casefund"
)

// F3, CPI 510: a panel that refuses a revision of a plan that is paid in part leaves a way on: the revision is made anew and voted on anew.
func TestF3_APanelThatRefusesARevisionOfWhatIsPaidInPart(t *testing.T) {
	t.Parallel()
	r := bought(t)
	r.settle()
	r.payBalance(100)
	r.paidOutBut(700)
	f := r.fund()
	var objection = f.standing().Objections[0].ID
	f.must(f.funds.Contest(t.Context(), f.finance, casefund.Contest{Objection: objection, Step: distribution.StepJudged, At: f.clock.Now(), Number: "5", Judged: 700}))
	_, err := f.funds.Revise(t.Context(), f.finance, f.standing().ID)
	f.must(err)
	refused := f.waits(casefund.ForPanel)
	for _, j := range f.judges {
		f.must(f.funds.Vote(t.Context(), j, casefund.Ballot{Plan: refused.ID, Opinion: "另案查明"}))
	}
	f.waits(casefund.ForPlanAnew)
	_, err = f.funds.Revise(t.Context(), f.finance, refused.ID)
	f.must(err)
	f.waits(casefund.ForPanel)
	f.voted()
	f.must(f.approve(f.second(), f.standing().ID))
	if held := f.balances()["proceeds"]; held != 0 {
		t.Errorf("%d left", held)
	}
	f.sound()
}
