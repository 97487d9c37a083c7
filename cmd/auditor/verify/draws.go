package verify

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/audit"
	"mingchui/auction/draw"
)

const (
	// drawPrefix goes before the kinds of entries of draws.
	drawPrefix = "draw."
	// lateOpening is after which the moment of an opening might have been chosen; a note says so.
	lateOpening = time.Hour
	// unmadeAfter is how long after its time a draw may still be missing.
	unmadeAfter = 24 * time.Hour
	takers      = "takers"
)

// draws repeats the draws between equals that a log has (R10p, R16d).
type draws struct {
	h    *house
	byID map[string]*drawing
	// order is the draws as they were listed.
	order []*drawing
	// once has a draw's subject: a rank of a lot, or a list of firms for a piece of property.
	once map[string]bool
	// between has the draw of a lot's rank.
	between map[rankOf]*drawing
	late    int64
}

type rankOf struct {
	lot  uuid.UUID
	rank int
}

// A drawing is what the log has told of one draw so far.
type drawing struct {
	entry audit.Entry
	body  audit.DrawListed
	list  draw.List
	open  *draw.Opening
	// root is the value; placed is false where the log is damaged before it.
	root   draw.Value
	placed bool
	made   *draw.Made
	// wrong: something was found, and order proves nothing.
	wrong  bool
	report DrawReport
}

func newDraws(h *house) *draws {
	return &draws{h: h, byID: make(map[string]*drawing), once: make(map[string]bool), between: make(map[rankOf]*drawing)}
}

// find adds a finding about a draw, under the row of the rule book that asks for it.
func (x *draws) find(d *drawing, leaf int64, e audit.Entry, c Code, args ...any) {
	if d != nil {
		d.wrong = true
	}
	only := x.h.v.o.Lot
	if only != uuid.Nil && only != e.LotID {
		return
	}
	f := logFinding(c, leaf, args...)
	if d != nil {
		if d.body.Purpose != takers {
			f.Rule = "R10p"
		}
	}
	if e.LotID != uuid.Nil {
		x.h.lot(e.LotID).findings++
		f.Lot = e.LotID.String()
	}
	x.h.v.report.add(f)
}

// entry takes the next entry of a draw.
func (x *draws) entry(leaf int64, e audit.Entry) {
	switch e.Kind {
	case audit.KindDrawListed:
		x.listed(leaf, e)
	case audit.KindDrawOpened:
		x.opened(leaf, e)
	case audit.KindDrawMade:
		x.drawn(leaf, e)
	default:
		x.h.unknown[e.Kind]++
	}
}

func (x *draws) listed(leaf int64, e audit.Entry) {
	body, ok := read[audit.DrawListed](x.h, leaf, e)
	if !ok {
		return
	}
	d := &drawing{entry: e, body: body}
	id, err := uuid.Parse(body.Draw)
	d.list = draw.List{Draw: id, Leaf: leaf, At: e.At, OpensAt: body.OpensAt, Commitment: body.Commitment}
	sorted := true
	for _, c := range body.Candidates {
		one, bad := uuid.Parse(c.Candidate)
		if bad != nil || (c.Firm != "" && one != draw.Firm(c.Firm)) || (c.Firm == "") == (c.No == 0) {
			err = errNoCandidate
		}
		if n := len(d.list.Candidates); n > 0 && slices.Compare(d.list.Candidates[n-1][:], one[:]) > 0 {
			sorted = false
		}
		d.list.Candidates = append(d.list.Candidates, one)
	}
	if err == nil && !sorted {
		err = errNotSorted
	}
	if err != nil {
		x.find(d, leaf, e, BodyUnreadable, e.Kind, err)
		return
	}
	if flaw := d.list.Valid(); flaw != "" {
		x.find(d, leaf, e, Code(flaw))
	}
	subject := body.Asset + draw.SetHash(d.list.Candidates)
	if body.Purpose == takers {
		at := rankOf{e.LotID, body.Rank}
		if subject = at.lot.String() + "/" + strconv.Itoa(at.rank); x.between[at] == nil {
			x.between[at] = d
		}
		if !d.wrong && !slices.Equal(d.drawn(), x.h.lot(e.LotID).firstOffers()) {
			x.find(d, leaf, e, OfferPassedBy, body.Draw)
		}
	}
	if x.once[subject] || x.byID[body.Draw] != nil {
		x.find(d, leaf, e, DrawListedTwice, body.Draw)
	}
	x.once[subject] = true
	if x.byID[body.Draw] == nil {
		x.byID[body.Draw] = d
		x.order = append(x.order, d)
	}
}

// of is the draw that an entry is about, in the case and lot of its list.
func (x *draws) of(leaf int64, e audit.Entry, id string) *drawing {
	d := x.byID[id]
	if d == nil || d.entry.LotID != e.LotID || d.entry.CaseID != e.CaseID {
		x.find(nil, leaf, e, DrawUnlisted, id)
		return nil
	}
	return d
}

func (x *draws) opened(leaf int64, e audit.Entry) {
	body, ok := read[audit.DrawOpened](x.h, leaf, e)
	if !ok {
		return
	}
	d := x.of(leaf, e, body.Draw)
	if d == nil {
		return
	}
	if d.open != nil {
		x.find(d, leaf, e, DrawOpenedTwice, body.Draw)
		return
	}
	nonce, _ := hex.DecodeString(body.Nonce) // what is no hex is no nonce
	d.open = &draw.Opening{Leaf: leaf, At: e.At, Nonce: nonce}
	d.report.OpenEntry, d.report.Nonce = e.ID.String(), body.Nonce
	if flaw := d.list.Open(*d.open); flaw != "" {
		x.find(d, leaf, e, Code(flaw))
	}
	if e.At.After(d.list.OpensAt.Add(lateOpening)) {
		x.late++
	}
	root, ok := x.h.v.rootThrough(leaf)
	d.root, d.placed = draw.Value(root), ok
}

func (x *draws) drawn(leaf int64, e audit.Entry) {
	body, ok := read[audit.DrawMade](x.h, leaf, e)
	if !ok {
		return
	}
	d := x.of(leaf, e, body.Draw)
	switch {
	case d == nil:
		return
	case d.made != nil:
		x.find(d, leaf, e, DrawMadeTwice, body.Draw)
		return
	case d.open == nil:
		x.find(d, leaf, e, DrawUnopened, body.Draw)
		return
	}
	d.made = &draw.Made{Leaf: leaf, Size: body.Size}
	d.report.MadeEntry = e.ID.String()
	value, err := hex.DecodeString(body.Root)
	if err != nil || len(value) != len(d.made.Value) {
		x.find(d, leaf, e, Code(draw.ValueDiffers))
		return
	}
	copy(d.made.Value[:], value)
	for _, c := range body.Order {
		one, _ := uuid.Parse(c) // what is no id is no candidate
		d.made.Order = append(d.made.Order, one)
	}
	if !d.placed {
		return // the log is damaged before it, which is told
	}
	if flaw := draw.Check(d.list, *d.open, *d.made, d.root); flaw != "" && !d.wrong {
		x.find(d, leaf, e, Code(flaw))
	}
}

// taken holds a taking against the draw between those of its rank (R16d); false when it found something.
func (x *draws) taken(l *lot, leaf int64, e audit.Entry, body audit.TakenForDebt) bool {
	d := x.between[rankOf{l.id, body.Rank}]
	for better := range body.Rank {
		if x.between[rankOf{l.id, better}] != nil { // who were drawn come first
			x.find(d, leaf, e, TakenUndrawn, body.Offer)
			return false
		}
	}
	switch {
	case d == nil && body.Draw == "": // one alone
	case d == nil, body.Draw != d.body.Draw, d.made == nil, len(d.made.Order) == 0, d.made.Order[0].String() != body.Offer:
		x.find(d, leaf, e, TakenUndrawn, body.Offer)
		return false
	}
	return true
}

// finish looks at what must hold when all entries are read, and reports.
func (x *draws) finish() {
	for _, d := range x.order {
		if d.made == nil && x.h.newest.After(d.list.OpensAt.Add(unmadeAfter)) {
			x.find(d, -1, d.entry, DrawUnmade, d.body.Draw)
		}
		x.h.v.report.Draws = append(x.h.v.report.Draws, d.told())
	}
	if x.late > 0 {
		x.h.v.report.note(DrawsLate, x.late)
	}
}

// drawn are the candidates as they are written, in order.
func (d *drawing) drawn() []string {
	list := make([]string, len(d.body.Candidates))
	for i, c := range d.body.Candidates {
		list[i] = c.Candidate
	}
	slices.Sort(list)
	return list
}

func (d *drawing) told() DrawReport {
	r := d.report
	r.Draw, r.Purpose, r.Rank, r.Asset, r.Standing = d.body.Draw, d.body.Purpose, d.body.Rank, d.body.Asset, "listed"
	if d.entry.LotID != uuid.Nil {
		r.Lot = d.entry.LotID.String()
	}
	r.ListLeaf, r.ListEntry, r.Commitment = d.list.Leaf, d.entry.ID.String(), d.body.Commitment
	r.ListedAt, r.OpensAt = instant(d.entry.At.UnixMilli()), instant(d.list.OpensAt.UnixMilli())
	for _, c := range d.body.Candidates {
		r.Candidates = append(r.Candidates, DrawCandidate(c))
	}
	if d.open != nil {
		r.Standing, r.OpenedAt, r.Size = "opened", instant(d.open.At.UnixMilli()), d.open.Size()
		if d.placed {
			r.Root = hex.EncodeToString(d.root[:])
		}
	}
	if d.made != nil {
		r.Standing = "drawn"
		for _, c := range d.made.Order {
			r.Order = append(r.Order, c.String())
		}
	}
	r.Repeated = d.made != nil && d.placed && !d.wrong
	return r
}

// drawEntry tells whether an entry is of a draw.
func drawEntry(e audit.Entry) bool { return strings.HasPrefix(e.Kind, drawPrefix) }
