package main

import (
	"errors"
	"fmt"
	"testing"

	"mingchui/auction/fault"
)

// Whoever runs the program reads a refusal in words with its code and article, and of what went wrong inside the cause.
func TestSaid(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"internal_error: lot 7: the row is gone":                                              fault.Internalf("lot 7: %w", errors.New("the row is gone")),
		"open x: no such file":                                                                errors.New("open x: no such file"),
		"Too many requests. Please wait a moment and try again. (rate_exceeded)":              fmt.Errorf("import: %w", fault.New(fault.RateLimited, fault.RateExceeded)),
		"Your role may not do this. (role_forbidden) [R6, Fa Shi (2016) No. 18, arts. 6, 27]": fault.New(fault.Forbidden, fault.RoleForbidden).ByRule("R6"),
	} {
		if got := said(err); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
