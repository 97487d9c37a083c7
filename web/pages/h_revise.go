package pages

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/fault"
	"mingchui/auction/law"
)

// mend adds what a lot that was not announced has beside its acts: what still
// keeps it from being announced, the form that mends it, the way to take it back.
func (s *Site) mend(r *Request, d *auction.DraftView, v *BenchLotView, refused *refusedAct) error {
	if d.State != auction.Draft && d.State != auction.Voted {
		return nil
	}
	p := r.P
	// The soonest times: what they are refused for, every later ones are as well, or the price is out of date.
	starts := d.EarliestStart.Add(time.Minute)
	gaps, err := s.Auction.CheckAnnouncement(r.Context(), r.actor(), auction.Announcement{
		Lot: d.ID, StartsAt: starts, EndsAt: starts.Add(time.Duration(d.LeastBiddingMS) * time.Millisecond),
	})
	if err != nil {
		return err
	}
	v.Warranty = p.warranty(gaps)
	// The panel's votes stand beside; a late reason is asked for with the announcement.
	gaps = slices.DeleteFunc(gaps, func(f *fault.Error) bool { return f.Field == "votes" || f.Field == "late_reason" })
	if refused != nil && refused.act == "announce" {
		gaps = faultsOf(refused.err)
	}
	v.Revise = p.reviseForm(d, refused, gaps)
	v.Drop = "/bench/lots/" + d.ID.String() + "/drop"
	if len(gaps) > 0 {
		v.Gaps = p.redline(gaps, nil, v.Revise)
		v.Gaps.ID, v.Gaps.Title, v.Gaps.Note = "gaps", p.N("revise.gaps", int64(len(gaps))), p.T("revise.gaps_note")
		v.Gaps.toProperty(p, gaps, v.Property)
	}
	return nil
}

// warranty says whether the court will be free of warranty for defects (R15w), and what it lacks.
func (p *Page) warranty(gaps []*fault.Error) *Warranty {
	w := &Warranty{Free: auction.FreeOfWarranty(gaps), Chip: Chip{"soft", "s-done", p.T("warranty.free")}, Text: p.T("warranty.free_text")}
	if !w.Free {
		w.Chip, w.Text = Chip{"", "s-warn", p.T("warranty.not_free")}, p.T("warranty.not_free_text")
	}
	return w
}

// revise takes the form; done tells whether the panel votes anew.
func (s *Site) revise(r *Request, lot uuid.UUID) (done string, err error) {
	d, err := s.Auction.Draft(r.Context(), r.actor(), lot, r.Now)
	if err != nil {
		return "", err
	}
	rules, _ := law.ByName(d.RuleSet)
	document, refused := r.P.readLot(d.Document, rules, soldIn(&d), r.PostForm)
	if len(refused) > 0 {
		return "", errors.Join(refused...)
	}
	got, err := s.Auction.Revise(r.Context(), r.actor(), auction.Revision{Lot: lot, Document: document, Seen: r.PostForm.Get("seen")})
	switch {
	case err != nil:
		return "", err
	case got.TermsDigest == d.TermsDigest:
		return "revise_text", nil
	}
	return "revise", nil
}

// askDrop asks before a draft is taken back.
func (s *Site) askDrop(r *Request) error {
	v, err := s.benchLotView(r, nil)
	if err != nil {
		return err
	}
	if v.Drop == "" {
		return fault.New(fault.Conflict, fault.StateConflict)
	}
	r.P.Title = r.P.T("drop.heading")
	return r.show(http.StatusOK, DropPage(r.P, v, v.Drop))
}
