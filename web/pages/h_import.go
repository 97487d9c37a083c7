package pages

import (
	"net/http"
	"path"
	"strconv"

	"mingchui/auction/docket"
	"mingchui/auction/fault"
)

// maxProblems bounds the list that a page prints.
const maxProblems = 500

func (s *Site) importForm(r *Request) error {
	r.P.Title, r.P.Nav, r.P.NoIndex = r.P.T("import.heading"), "bench", true
	return r.show(http.StatusOK, ImportPage(r.P, ImportView{}))
}

// importFile reads a docket file and imports it whole, or lists every fault of
// it with its line.
func (s *Site) importFile(r *Request) error {
	p := r.P
	p.Title, p.Nav, p.NoIndex = p.T("import.heading"), "bench", true
	file, head, err := r.FormFile("file")
	if err != nil {
		return fault.Wrap(fault.Invalid, fault.InvalidRequest, err).InField("file")
	}
	defer func() { _ = file.Close() }() // read whole already
	v := ImportView{FileName: path.Base(head.Filename)}
	rules, err := s.Auction.RulesFor(r.Context(), r.actor())
	if err != nil {
		return err
	}
	parsed, problems := docket.ParseUnder(file, rules)
	v.ProblemCount = len(problems)
	for _, x := range atMost(problems, maxProblems) {
		one := ImportProblem{Line: strconv.Itoa(x.Line) + ":" + strconv.Itoa(x.Column), Text: p.pick(x.Message), Path: x.Path, Source: p.T("import.by_format")}
		if x.Rule != "" {
			one.Source = x.Rule + "　" + p.pick(x.Article)
		}
		v.Problems = append(v.Problems, one)
	}
	if v.ProblemCount > 0 {
		return r.show(http.StatusUnprocessableEntity, ImportPage(p, v))
	}
	done, err := s.Auction.Import(r.Context(), parsed, r.actor())
	if err != nil {
		status, ok := refusal(err)
		if !ok {
			return err
		}
		v.Errors = ErrorsOf(p.W, err)
		return r.show(status, ImportPage(p, v))
	}
	v.Said = p.T("import.done", "cases", len(done.Cases), "lots", len(done.Lots))
	return r.show(http.StatusOK, ImportPage(p, v))
}
