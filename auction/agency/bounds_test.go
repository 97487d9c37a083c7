package agency

import (
	"errors"
	"strings"
	"testing"

	"mingchui/auction"
	"mingchui/auction/fault"
)

// shared is a request of n joint bidders whose shares make the whole.
func shared(n int) Request {
	r := Request{Proof: strings.Repeat("5a", 32)}
	left := 10_000
	for i := range n {
		share := 400
		if i == n-1 {
			share = left
		}
		left -= share
		r.Principals = append(r.Principals, Principal{Name: "顾明远", Number: strings.Repeat("1", i+1), ShareBP: share})
	}
	return r
}

func refusedIn(err error) string {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return string(f.Code) + " " + f.Field
	}
	return ""
}

// R14: what a request says by itself, one unit on each side of each bound.
func TestR14_BoundsOfARequest(t *testing.T) {
	t.Parallel()
	first := func(change func(p *Principal)) Request {
		r := shared(2)
		change(&r.Principals[0])
		return r
	}
	shares := func(a, b int) Request {
		r := shared(2)
		r.Principals[0].ShareBP, r.Principals[1].ShareBP = a, b
		return r
	}
	agents := func(of ...bool) Request {
		r := shared(len(of))
		for i, agent := range of {
			r.Principals[i].Agent = agent
		}
		return r
	}
	for name, c := range map[string]struct {
		r    Request
		want string
	}{
		"one principal":               {shared(1), ""},
		"none":                        {shared(0), "invalid_request principals"},
		"twenty":                      {shared(20), ""},
		"twenty-one":                  {shared(21), "invalid_request principals"},
		"no proof":                    {Request{Principals: shared(1).Principals}, "invalid_request proof"},
		"the least share":             {shares(1, 9_999), ""},
		"no share":                    {shares(0, 10_000), "invalid_request principals.0.share_bp"},
		"more than the whole":         {shares(10_001, 1), "invalid_request principals.0.share_bp"},
		"shares of a point less":      {shares(1, 9_998), "shares_not_whole principals"},
		"shares of a point more":      {shares(2, 9_999), "shares_not_whole principals"},
		"a name of 200 bytes":         {first(func(p *Principal) { p.Name = strings.Repeat("x", 200) }), ""},
		"a name of 201 bytes":         {first(func(p *Principal) { p.Name = strings.Repeat("x", 201) }), "invalid_request principals.0.name"},
		"a name that is no text":      {first(func(p *Principal) { p.Name = "\xff" }), "invalid_request principals.0.name"},
		"no name":                     {first(func(p *Principal) { p.Name = "" }), "invalid_request principals.0.name"},
		"a number of 64 bytes":        {first(func(p *Principal) { p.Number = strings.Repeat("1", 64) }), ""},
		"a number of 65 bytes":        {first(func(p *Principal) { p.Number = strings.Repeat("1", 65) }), "invalid_request principals.0.id_number"},
		"a number that is no text":    {first(func(p *Principal) { p.Number = "\xff" }), "invalid_request principals.0.id_number"},
		"no number":                   {first(func(p *Principal) { p.Number = "" }), "invalid_request principals.0.id_number"},
		"the agent among them":        {agents(true, false), ""},
		"the agent alone":             {agents(true), "invalid_request principals"},
		"the agent twice":             {agents(true, true, false), "invalid_request principals"},
		"the agent, and nobody else":  {agents(true, true), "invalid_request principals"},
		"the agent as third of three": {agents(false, false, true), ""},
	} {
		if got := refusedIn(c.r.check()); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// R14, R20a: the agent's own place is filled in from the account, and nobody stands twice in a request.
func TestR14_NobodyStandsTwiceInARequest(t *testing.T) {
	t.Parallel()
	agent := auction.Person{Name: "林代理", Number: "A1"}
	joint := func(change func(r *Request)) Request {
		r := shared(2)
		r.Principals[1].Agent = true
		change(&r)
		return r
	}
	for name, c := range map[string]struct {
		r     Request
		agent auction.Person
		want  string
	}{
		"with the agent":              {joint(func(*Request) {}), agent, ""},
		"an agent without a name":     {joint(func(*Request) {}), auction.Person{Number: "A1"}, "real_name_missing real_name"},
		"an agent without a number":   {joint(func(*Request) {}), auction.Person{Name: "林代理"}, "real_name_missing real_name"},
		"the agent as a stranger":     {shared(1), auction.Person{Name: "x", Number: "1"}, "invalid_request principals.0.id_number"},
		"two of one number":           {joint(func(r *Request) { r.Principals[1] = r.Principals[0] }), agent, "invalid_request principals.1.id_number"},
		"the agent also as principal": {joint(func(r *Request) { r.Principals[0].Number = "A1" }), agent, "invalid_request principals.0.id_number"},
	} {
		if got := refusedIn(c.r.takeAgent(c.agent)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	r := joint(func(*Request) {})
	if err := r.takeAgent(agent); err != nil || r.Principals[1].Name != "林代理" || r.Principals[1].Number != "A1" || r.Principals[0].Name != "顾明远" {
		t.Errorf("%+v, %v", r.Principals, err)
	}
	if f := r.form(); f.Version != 1 || len(f.Principals) != 2 || f.Principals[1].ShareBP != r.Principals[1].ShareBP {
		t.Errorf("the form is %+v", f)
	}
}
