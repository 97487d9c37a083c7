package pages

import (
	"net/http"

	"mingchui/web/problem"
	"mingchui/web/words"
)

// ProblemView is a refusal or an error as a page.
type ProblemView struct {
	Status              int
	Title, Detail, Code string
	Rule, Article       string
	RequestID           string
	// Retry is after how long to try again, in words.
	Retry string
	// Holds is what is true all the same: that no bid was lost, say.
	Holds   string
	Reasons []Refused
	// Actions are where to go from here; the first is the main one.
	Actions []Link
}

// problemView makes the page of a problem ready.
func problemView(p *Page, d problem.Problem) ProblemView {
	v := ProblemView{Status: d.Status, Title: d.Title, Detail: d.Detail, Code: string(d.Code), Rule: d.Rule, Article: d.Article, RequestID: d.RequestID}
	for _, f := range d.Faults {
		v.Reasons = append(v.Reasons, Refused{words.Refusal{Code: string(f.Code), Detail: f.Detail, Field: f.Field, Rule: f.Rule, Article: f.Article}})
	}
	if d.RetryAfter > 0 {
		v.Retry = p.W.Span(d.RetryAfter)
	}
	home, lots := Link{"/", p.T("problem_page.to_home")}, Link{"/lots", p.T("problem_page.to_lots")}
	switch d.Status {
	case http.StatusNotFound:
		v.Title, v.Holds = p.T("problem_page.not_found"), p.T("problem_page.not_found_holds")
		v.Actions = []Link{lots, {"/results", p.T("problem_page.to_results")}}
	case http.StatusUnauthorized:
		v.Holds = p.T("problem_page.sign_in_holds")
		v.Actions = []Link{{p.SignInHere(), p.T("frame.sign_in")}, home}
	case http.StatusForbidden:
		v.Holds = p.T("problem_page.forbidden_holds")
		v.Actions = []Link{home, {p.SignInHere(), p.T("problem_page.other_account")}}
	case http.StatusInternalServerError:
		v.Title, v.Holds = p.T("problem_page.internal"), p.T("problem_page.internal_holds")
		v.Actions = []Link{{p.Path, p.T("problem_page.again")}, home}
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		v.Holds = p.T("problem_page.unavailable_holds")
		v.Actions = []Link{{p.Path, p.T("problem_page.again")}, home}
	default:
		v.Holds = p.T("problem_page.refused_holds")
		v.Actions = []Link{home, lots}
	}
	return v
}
