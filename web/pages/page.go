package pages

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/money"
	"mingchui/web/static"
	"mingchui/web/words"
)

// The roles that pages tell apart; they are accounts.role.
const (
	RoleBidder    = "bidder"
	RoleJudge     = "judge"
	RoleClerk     = "clerk"
	RoleFinance   = "finance"
	RoleInspector = "inspector"
)

// Viewer is who looks at a page. Its zero value is a visitor.
type Viewer struct {
	AccountID uuid.UUID
	Login     string
	// Name is the account's own real name, for its own pages only.
	Name    string
	Role    string
	CourtID uuid.UUID
}

// SignedIn reports whether the viewer has an account.
func (v Viewer) SignedIn() bool { return v.AccountID != uuid.Nil }

// Is reports whether the viewer has one of the roles.
func (v Viewer) Is(roles ...string) bool {
	return slices.Contains(roles, v.Role)
}

// Checkpoint is the log's latest, for the footer.
type Checkpoint struct {
	Origin string
	Size   int64
	Root   string
}

// Page is what every page has: its words, its reader, its frame.
type Page struct {
	W      *words.Words
	Assets *static.Assets
	Viewer Viewer
	// Room is set where the frame must not name an account: the live room.
	Room  bool
	Theme string
	// Banner is the notice over every page; empty for none.
	Banner string
	// Title and Description are of this page; Path is its address with its
	// query, for the language switch.
	Title, Description, Path string
	// Nav is the entry of the navigation that is current.
	Nav string
	// Plate draws the nameplate of the home page in place of the masthead.
	Plate bool
	// NoIndex keeps the page out of search engines.
	NoIndex bool
	// Refresh is where the page looks again by itself after three seconds;
	// empty for pages that do not.
	Refresh string
	// Scripts are the modules of this page, by file name.
	Scripts []string
	Now     time.Time
	Check   *Checkpoint
	// Feed is the address of the Atom feed of this page.
	Feed string
}

// T writes a message.
func (p *Page) T(key string, args ...any) string { return p.W.T(key, args...) }

// N writes a message for a count.
func (p *Page) N(key string, n int64, args ...any) string { return p.W.N(key, n, args...) }

// M writes money with fen; P without where there are none.
func (p *Page) M(f money.Fen) string { return p.W.Money(f) }

// P writes a price: fen only where there are some.
func (p *Page) P(f money.Fen) string { return p.W.Price(f) }

// Icon is the address of a symbol.
func (p *Page) Icon(name string) string { return p.Assets.Icon(name) }

// Asset is the address of a file.
func (p *Page) Asset(name string) string { return p.Assets.URL(name) }

// Drawing is the address of a survey drawing; an unknown one gets the court's
// mark, never a blank box.
func (p *Page) Drawing(name string) string {
	if f := "drawings/" + name + ".svg"; p.Assets.Has(f) {
		return p.Assets.URL(f)
	}
	if f := "drawings/" + name; p.Assets.Has(f) {
		return p.Assets.URL(f)
	}
	return p.Assets.URL("mark.svg")
}

// Other is the language that the switch offers.
func (p *Page) Other() string {
	if p.W.IsEnglish() {
		return words.Chinese
	}
	return words.English
}
