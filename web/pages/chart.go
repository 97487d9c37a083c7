package pages

import (
	"fmt"
	"strings"
	"time"

	"mingchui/auction/money"
)

// ChartBid is one bid of a chart.
type ChartBid struct {
	At     time.Time
	Amount money.Fen
	// Moved is true where the bid moved the end; Mine for the reader's own.
	Moved, Mine bool
}

// ChartInput is a course to be drawn. Bids are in order of their sequence.
type ChartInput struct {
	ID                  string
	Start, AnnouncedEnd time.Time
	// End is the running or final end; Extension the closing window.
	End       time.Time
	Extension time.Duration
	StartingPrice,
	Reference money.Fen
	Bids []ChartBid
	// Running draws the last price in vermilion.
	Running bool
	Now     time.Time
}

// Chart is a step chart on two scales, ready to be printed: the announced
// time on the left 42 %, the closing on the rest. Paths are in a box of
// 1000 × 1000 that stretches; texts and dots are in percent and do not.
type Chart struct {
	ID, Title, Desc              string
	ZoneX, ZoneW                 string
	Area, Grid, Ref, Base, Moved string
	Step                         string
	Texts                        []ChartText
	Dots                         []ChartDot
}

// ChartText is a label; X and Y are percentages.
type ChartText struct{ Class, X, Y, Text string }

// ChartDot is a bid that is marked.
type ChartDot struct{ Class, X, Y, R string }

// The left scale's share of the width, and the plot's share of the height.
const (
	chartBreak = 420.0
	chartPlot  = 0.086
)

// plot turns times and prices into places of the box.
type plot struct {
	in     ChartInput
	split  time.Time // where the scales meet; the end when there is one scale
	twice  bool
	lo, hi money.Fen
}

// DrawChart makes a chart ready; static/chart.js draws the same while a lot runs.
func DrawChart(p *Page, in ChartInput) *Chart {
	if in.ID == "" {
		in.ID = "ch"
	}
	c := &Chart{ID: in.ID, Title: p.N("chart.title", int64(len(in.Bids)))}
	pl := newPlot(in)
	last := in.StartingPrice
	if n := len(in.Bids); n > 0 {
		last = in.Bids[n-1].Amount
	}
	c.Desc = p.T("chart.desc", "from", p.P(in.StartingPrice), "to", p.P(last))
	if pl.twice {
		c.Desc += p.T("chart.desc_two")
		zone := pl.x(in.AnnouncedEnd.Add(-in.Extension))
		c.ZoneX, c.ZoneW = f1(zone), f1(1000-zone)
		c.text("bg end", 99.2, 4, p.T("chart.closing"))
	}
	pl.frame(p, c)
	pl.steps(p, c, last)
	pl.times(p, c)
	return c
}

func newPlot(in ChartInput) plot {
	pl := plot{in: in, split: in.AnnouncedEnd, lo: in.StartingPrice, hi: in.Reference}
	at := in.AnnouncedEnd.Add(-2 * in.Extension)
	if at.After(in.Start) && (in.Now.After(at) || in.End.After(in.AnnouncedEnd)) {
		pl.split, pl.twice = at, true
	}
	for _, b := range in.Bids {
		pl.hi = max(pl.hi, b.Amount)
		pl.lo = min(pl.lo, b.Amount)
	}
	if pl.hi <= pl.lo {
		pl.hi = pl.lo + max(pl.lo/10, 100)
	}
	return pl
}

// x is the place of an instant, 0 to 1000.
func (pl plot) x(t time.Time) float64 {
	if !pl.twice {
		return clamp(1000*share(t.Sub(pl.in.Start), pl.in.End.Sub(pl.in.Start)), 0, 1000)
	}
	if t.Before(pl.split) {
		return clamp(chartBreak*share(t.Sub(pl.in.Start), pl.split.Sub(pl.in.Start)), 0, chartBreak)
	}
	return clamp(chartBreak+(1000-chartBreak)*share(t.Sub(pl.split), pl.in.End.Sub(pl.split)), chartBreak, 1000)
}

// y is the place of a price: the start near the bottom, the greatest at 150.
func (pl plot) y(f money.Fen) float64 {
	return 950 - 800*float64(f-pl.lo)/float64(pl.hi-pl.lo)
}

// frame draws grid, reference line and base.
func (pl plot) frame(p *Page, c *Chart) {
	ref := pl.y(pl.in.Reference)
	step := gridStep(pl.hi - pl.lo)
	var grid strings.Builder
	for v := (pl.lo/step + 1) * step; v <= pl.hi; v += step {
		y := pl.y(v)
		if diff := y - ref; pl.in.Reference > 0 && diff < 60 && diff > -60 {
			continue
		}
		fmt.Fprintf(&grid, "M0 %sH1000", f1(y))
		c.text("bg", 0, y*chartPlot-1.2, strings.TrimPrefix(p.P(v), "¥"))
	}
	c.Grid = grid.String()
	if pl.in.Reference > 0 {
		c.Ref = "M0 " + f1(ref) + "H1000"
		c.text("bg", 0, ref*chartPlot-1.2, p.T("chart.reference", "price", strings.TrimPrefix(p.P(pl.in.Reference), "¥")))
	}
	c.Base = "M0 1000H1000"
	if pl.twice {
		c.Base += "M" + f1(chartBreak) + " 1000v-60"
	}
}

// steps draws the price, the moves of the end and the marked bids.
func (pl plot) steps(p *Page, c *Chart, last money.Fen) {
	if len(pl.in.Bids) == 0 {
		return
	}
	var line, moved strings.Builder
	var x, y float64
	for i, b := range pl.in.Bids {
		nx, ny := pl.x(b.At), pl.y(b.Amount)
		if i == 0 {
			fmt.Fprintf(&line, "M%s %s", f1(nx), f1(ny))
		} else {
			fmt.Fprintf(&line, "L%s %sL%s %s", f1(nx), f1(y), f1(nx), f1(ny))
		}
		if b.Moved {
			fmt.Fprintf(&moved, "M%s 1000v-28", f1(nx))
		}
		if b.Mine && i < len(pl.in.Bids)-1 {
			c.dot("mine", nx, ny, "3.4")
		}
		x, y = nx, ny
	}
	first := pl.x(pl.in.Bids[0].At)
	class, dot, shift := "run bg end", "dot pulse", -1.2
	if !pl.in.Running {
		x = 1000
		fmt.Fprintf(&line, "L1000 %s", f1(y))
		class, dot = "bg end fin", "mine"
	} else if x < 160 {
		class, shift = "run bg", 1.2
	}
	c.Step, c.Moved = line.String(), moved.String()
	c.Area = fmt.Sprintf("%sL%s 1000L%s 1000z", c.Step, f1(x), f1(first))
	c.dot(dot, x, y, "5")
	c.text(class, x/10+shift, y*chartPlot-2.4, strings.TrimPrefix(p.P(last), "¥"))
}

// times writes the labels below: the start, the end, and some between.
func (pl plot) times(p *Page, c *Chart) {
	w := p.W
	c.text("", 0, 97, p.T("chart.from", "at", w.Local(pl.in.Start).Format("01-02 15:04"), "long", w.Span(pl.in.AnnouncedEnd.Sub(pl.in.Start))))
	c.text("end", 100, 97, p.T("chart.ends", "at", w.Local(pl.in.End).Format("15:04")))
	if !pl.twice {
		return
	}
	long := pl.in.End.Sub(pl.split)
	for _, every := range []time.Duration{time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 20 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour, 24 * time.Hour} {
		if long/every > 4 {
			continue
		}
		for t := pl.split.Truncate(every).Add(every); t.Before(pl.in.End); t = t.Add(every) {
			if x := pl.x(t); x > 480 && x < 760 {
				c.text("mid", x/10, 97, w.Local(t).Format("15:04"))
			}
		}
		return
	}
}

func (c *Chart) text(class string, x, y float64, s string) {
	c.Texts = append(c.Texts, ChartText{class, f2(x) + "%", f2(y) + "%", s})
}

func (c *Chart) dot(class string, x, y float64, r string) {
	c.Dots = append(c.Dots, ChartDot{class, f2(x/10) + "%", f2(y*chartPlot) + "%", r})
}

// gridStep is a round step that gives three to six lines.
func gridStep(span money.Fen) money.Fen {
	step := money.Fen(100)
	for {
		for _, m := range []money.Fen{1, 2, 5} {
			if span/(step*m) <= 5 {
				return step * m
			}
		}
		step *= 10
	}
}

func share(d, whole time.Duration) float64 {
	if whole <= 0 {
		return 1
	}
	return float64(d) / float64(whole)
}

func clamp(v, lo, hi float64) float64 { return max(lo, min(hi, v)) }

func f1(v float64) string { return fmt.Sprintf("%.1f", v) }

func f2(v float64) string { return fmt.Sprintf("%.2f", v) }
