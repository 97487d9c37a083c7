package pages

import (
	"time"

	"mingchui/auction/money"
)

// SignInView is the sign-in form.
type SignInView struct {
	Login, Next string
	Errors      Errors
}

// RegisterView is the form for a bidder's account.
type RegisterView struct {
	Login, RealName, Next string
	Errors                Errors
}

// Field is an input of a form.
type Field struct {
	// Kind is text (default), password, amount, date, datetime-local, textarea, select.
	Name, Label, Kind, Value, Auto, Mode, Hint string
	// Prefix keeps ids apart where a page holds the same field twice.
	Prefix   string
	Required bool
	// Max bounds the characters; 0 leaves them to the server.
	Max int
	// Lang is the language of what is typed, where it is not the page's.
	Lang string
	// Hash is a file's SHA-256, which the browser can reckon of a file that is chosen; the file itself is not sent.
	Hash bool
	// Start begins a row of the form.
	Start bool
	// Options are a select's.
	Options []Option
}

// ID is the id of the input.
func (f Field) ID() string { return f.Prefix + f.Name }

// Type is the type of the input.
func (f Field) Type() string {
	switch f.Kind {
	case "", "amount":
		return "text"
	}
	return f.Kind
}

// MeView is the bidder's desk.
type MeView struct {
	Due             []Due
	Deposits        []DepositRow
	Held, Returning money.Fen
	Won             []Won
	Objections      []ObjectionRow
	Agencies        []AgencyRow
	Sessions        []Device
	Said            string
	Errors          Errors
}

// Due is a thing to be done by a time.
type Due struct {
	At time.Time
	// Left and Unit are the figure and its unit; Clock shows a running clock instead.
	Left, Unit string
	Clock      bool
	Late       bool
	Title      string
	Text       string
	// Act is the word on the button, which goes to Href or posts to Post.
	Act, Href, Post, Button string
}

// dueAt fills the figure of a due.
func dueAt(p *Page, d Due) Due {
	left := d.At.Sub(p.Now)
	d.Late = left < 0
	d.Left, d.Unit = p.W.SpanParts(left)
	return d
}

// DepositRow is one deposit of the account.
type DepositRow struct {
	Href, Title, Text string
	Chip              Chip
	DueAt             time.Time
	Amount            money.Fen
}

// Won is a lot that the account bought.
type Won struct {
	Card
	Counted, PaidSoFar, Rest money.Fen
	CanPay                   bool
	// ByTransfer: the rest can also be paid to the court's account.
	ByTransfer bool
	Steps      []Step
	// Handover is the way from the ruling to the buyer; Appointment is the one that was taken, Slots those that can be.
	Handover    []Step
	Appointment string
	Slots       []Option
	// Papers are the confirmation and the receipt of the price.
	Papers []PaperLink
}

// Device is a browser that is signed in.
type Device struct {
	ID, Agent string
	Current   bool
	At        time.Time
}
