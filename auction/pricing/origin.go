package pricing

import (
	"slices"

	"mingchui/auction/docket"
	"mingchui/auction/fault"
)

// Origin is where the price comes from.
type Origin = docket.PricingOrigin

// The origins.
const (
	Agreed    = docket.PricedByAgreement
	Authority = docket.PricedByAuthority
	Online    = docket.PricedOnline
	Appraisal = docket.PricedByAppraisal
	// Costs is R12e's: no price at all.
	Costs = docket.PricedByCosts
)

// Origins lists them in the law's order (arts. 2, 4, 5, 7, 14).
func Origins() []Origin { return []Origin{Agreed, Authority, Online, Appraisal} }

// article is where No. 15 says when an origin is used.
func article(o Origin) string {
	switch o {
	case Agreed:
		return "4"
	case Authority:
		return "5"
	case Online:
		return "7"
	case Appraisal:
		return "14"
	case Costs:
	}
	return ""
}

// SkipGround is why an origin does not serve.
type SkipGround string

// The grounds of the law, in its order.
const (
	// A party refuses to agree or cannot be found (art. 4), no result, different ones, or one that harms others.
	PartyRefused SkipGround = "party_refused"
	PartyMissing SkipGround = "party_missing"
	NoAgreement  SkipGround = "no_agreement"
	HarmsOthers  SkipGround = "harms_others"
	// There is no assessed base price, no price that government sets or guides (art. 5).
	NoOfficialPrice SkipGround = "no_official_price"
	// The authority (art. 6) or no platform (art. 11) answered in time.
	NoAnswer SkipGround = "no_answer"
	// Experts must see the property, or platforms cannot price it (art. 7).
	NeedsExpert    SkipGround = "needs_expert"
	NotPricedThere SkipGround = "not_priced_online"
	// Every report fell by objections (art. 13).
	ReportsFell SkipGround = "reports_fell"
	// Both parties ask for a later origin (arts. 5, 7, 14), or a law asks for appraisal (art. 14).
	PartiesChose   SkipGround = "parties_chose"
	AppraisalByLaw SkipGround = "law_requires_appraisal"
)

// skipGrounds are those on which an origin is skipped; none for appraisal, which is the last.
func skipGrounds(o Origin) []SkipGround {
	switch o {
	case Agreed:
		return []SkipGround{PartyRefused, PartyMissing, NoAgreement, HarmsOthers, PartiesChose, AppraisalByLaw}
	case Authority:
		return []SkipGround{NoOfficialPrice, NoAnswer, PartiesChose, AppraisalByLaw}
	case Online:
		return []SkipGround{NeedsExpert, NotPricedThere, NoAnswer, ReportsFell, PartiesChose, AppraisalByLaw}
	case Appraisal, Costs:
	}
	return nil
}

// EndGround is why a firm's engagement ended without a price.
type EndGround string

// The grounds on which the next firm is asked.
const (
	// NotDelivered: no report in time, and no extension (art. 19).
	NotDelivered EndGround = "not_delivered"
	// Refused: the firm does not take the engagement, or gives it up (art. 15).
	Refused EndGround = "refused"
	// ReportFell: an objection against its report was upheld (art. 23).
	ReportFell EndGround = "report_fell"
	// CannotAppraise: from the material at hand no report can be made (R12e).
	CannotAppraise EndGround = "cannot_appraise"
)

// ObjectionGround is what a report is said to be wrong in.
type ObjectionGround string

// Art. 22's four for online and appraisal reports, then art. 23's for appraisals alone.
const (
	FactsWrong  ObjectionGround = "facts_wrong"
	ScopeWrong  ObjectionGround = "scope_wrong"
	Unqualified ObjectionGround = "unqualified"
	Procedure   ObjectionGround = "procedure"
	Standard    ObjectionGround = "standard"
	Method      ObjectionGround = "method"
	Result      ObjectionGround = "result"
)

// toFirm tells art. 23's objections, which the firm answers first.
func (g ObjectionGround) toFirm() bool { return g == Standard || g == Method || g == Result }

// objectionGrounds are those open against a report of an origin; nil where art. 24 bars them.
func objectionGrounds(o Origin) []ObjectionGround {
	switch o {
	case Online:
		return []ObjectionGround{FactsWrong, ScopeWrong, Unqualified, Procedure}
	case Appraisal:
		return []ObjectionGround{FactsWrong, ScopeWrong, Unqualified, Procedure, Standard, Method, Result}
	case Agreed, Authority, Costs:
	}
	return nil
}

// WithdrawGround is why a determination ends without a price, or a price without a sale.
type WithdrawGround string

// The grounds of art. 29, R12e's for equity that is plainly worthless, and art. 25's.
const (
	ApplicantWithdrew WithdrawGround = "applicant_withdrew"
	Performed         WithdrawGround = "performed"
	TitleVoid         WithdrawGround = "title_void"
	PartiesSettled    WithdrawGround = "parties_settled"
	PlainlyWorthless  WithdrawGround = "plainly_worthless"
	OtherGround       WithdrawGround = "other"
	Supervision       WithdrawGround = "supervision"
)

// ended are art. 29's grounds by which the enforcement against the property ends: nothing is disposed of any more, so a price that
// is fixed ends by them too.
func (g WithdrawGround) ended() bool {
	return slices.Contains([]WithdrawGround{ApplicantWithdrew, Performed, TitleVoid, PartiesSettled}, g)
}

// fits tells whether a determination in a state ends on the ground. One that is open may end on any other ground of the court (art.
// 29); a price that is fixed may not, or a court could look for a better one.
func (g WithdrawGround) fits(from State) bool {
	if from == Fixed {
		return g == Supervision || g.ended()
	}
	return g.ended() || g == PlainlyWorthless || g == OtherGround
}

// State is where a determination stands.
type State string

const (
	// Open until the court fixes the price, or withdraws the determination (art. 29).
	Open State = "open"
	// Fixed binds the lots of the property; ended by supervision (art. 25), or with the enforcement against the property (art. 29),
	// before its first announcement.
	Fixed State = "fixed"
	// Withdrawn is final; a new determination may begin.
	Withdrawn State = "withdrawn"
)

// Role is as what somebody gets a report, or objects to it.
type Role string

// The roles. Court is its own review (arts. 12, 20), with number 0.
const (
	Applicant  Role = "applicant"
	Debtor     Role = "debtor"
	Interested Role = "interested"
	Court      Role = "court"
)

// Who is somebody by role and number, counted from one in the case's order: no name is kept twice.
type Who struct {
	Role Role `json:"role,omitempty"`
	No   int  `json:"no,omitempty"`
}

func invalid(field string) *fault.Error {
	return fault.New(fault.Invalid, fault.InvalidRequest).InField(field).ByRule(rule)
}

// rule is the row of the rule book that nearly everything here follows.
const rule = "R10p"
