package course_test

import (
	"testing"

	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/bidding/course"
	"mingchui/bidding/course/oracle"
)

// TestI2_CourseSaysWhatTheArticlesSay runs the cases that were written from the articles through Decide and Next.
func TestI2_CourseSaysWhatTheArticlesSay(t *testing.T) {
	t.Parallel()
	cases, err := oracle.Cases()
	if err != nil {
		t.Fatal(err)
	}
	if len(cases) < 80 {
		t.Errorf("%d cases", len(cases))
	}
	for _, c := range cases {
		t.Run(c.Rule+" "+c.Name, func(t *testing.T) {
			t.Parallel()
			s, amounts := course.State{}, map[string]money.Fen{}
			for _, step := range c.Steps {
				e, err := course.Decide(s, step.In(s.Epoch), step.At)
				var refused fault.Code
				if err != nil {
					refused = fault.CodeOf(err)
				}
				if problem := step.Disagreement(e, refused); problem != "" {
					t.Fatalf("%s:%d, %s: %s", c.File, c.Line, c.Article, problem)
				}
				if refused != "" {
					continue
				}
				e.Epoch, e.N = 1, s.N+1
				if s, err = course.Next(s, e); err != nil {
					t.Fatalf("%s:%d: %s: %v", c.File, c.Line, step.Text, err)
				}
				if e.Kind == course.Maximum {
					amounts[e.Code] = step.Command.Amount
				}
				var answers []course.Event
				if s, answers, err = answerAll(s, amounts); err != nil {
					t.Fatalf("%s:%d: %s: %v", c.File, c.Line, step.Text, err)
				}
				if problem := step.Unanswered(answers); problem != "" {
					t.Fatalf("%s:%d, %s: %s", c.File, c.Line, c.Article, problem)
				}
			}
		})
	}
}

// answerAll places the automatic bids that s calls for.
func answerAll(s course.State, amounts map[string]money.Fen) (course.State, []course.Event, error) {
	var events []course.Event
	for {
		c, called := course.Answer(s, amounts)
		if !called {
			return s, events, nil
		}
		e, err := course.Decide(s, c, s.LastAt)
		if err != nil {
			return s, nil, err
		}
		e.Epoch, e.N = s.Epoch, s.N+1
		if s, err = course.Next(s, e); err != nil {
			return s, nil, err
		}
		events = append(events, e)
	}
}
