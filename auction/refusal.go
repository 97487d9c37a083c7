package auction

import (
	"slices"
	"strings"

	"mingchui/auction/fault"
)

// Refusal is everything that keeps a lot from being announced or a draft from
// being revised, so that the editor lists it whole. It unwraps to its faults: the kind and code of the
// first are its own where one is wanted.
type Refusal struct {
	Faults []*fault.Error
}

// Error names the codes, for logs.
func (r *Refusal) Error() string {
	codes := make([]string, len(r.Faults))
	for i, f := range r.Faults {
		codes[i] = f.Error()
	}
	return strings.Join(codes, "; ")
}

// Unwrap gives the faults to errors.Is and errors.As.
func (r *Refusal) Unwrap() []error {
	list := make([]error, len(r.Faults))
	for i, f := range r.Faults {
		list[i] = f
	}
	return list
}

// faults gathers refusals.
type faults []*fault.Error

func (l *faults) add(f *fault.Error) { *l = append(*l, f) }

// at reports a refusal of a field.
func (l *faults) at(field string) bool {
	return slices.ContainsFunc(*l, func(f *fault.Error) bool { return f.Field == field })
}

// refusedOr is err, else everything that was refused.
func refusedOr(err error, list faults) error {
	if err != nil {
		return err
	}
	return &Refusal{Faults: list}
}

// take adds an error that is a fault of the input and returns any other.
func (l *faults) take(err error) error {
	if err == nil {
		return nil
	}
	if f, ok := err.(*fault.Error); ok && f.Kind == fault.Invalid { //nolint:errorlint // pure rules return faults bare
		l.add(f)
		return nil
	}
	return err
}
