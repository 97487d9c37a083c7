package verify

import (
	"errors"

	"mingchui/auction/draw"
)

// Findings about draws between equals; those of a single draw have the codes of package draw.
const (
	DrawListedTwice Code = "draw_listed_twice"
	DrawUnlisted    Code = "draw_unlisted"
	DrawOpenedTwice Code = "draw_opened_twice"
	DrawUnopened    Code = "draw_unopened"
	DrawMadeTwice   Code = "draw_made_twice"
	DrawUnmade      Code = "draw_unmade"
	TakenUndrawn    Code = "taken_not_drawn"
	// DrawsLate is a note.
	DrawsLate Code = "draws_opened_late"
)

var (
	errNoCandidate = errors.New("a candidate is no offer with its number and no firm under the id of its name")
	errNotSorted   = errors.New("the candidates are not in the order of their ids")
)

// A DrawReport is a draw with all that it takes to repeat it.
type DrawReport struct {
	Draw    string `json:"draw"`
	Purpose string `json:"purpose"`
	Lot     string `json:"lot,omitempty"`
	Rank    int    `json:"rank,omitempty"`
	Asset   string `json:"asset,omitempty"`
	// Standing is listed, opened or drawn.
	Standing   string          `json:"standing"`
	ListLeaf   int64           `json:"list_leaf"`
	ListEntry  string          `json:"list_entry"`
	ListedAt   string          `json:"listed_at"`
	OpensAt    string          `json:"opens_at"`
	Commitment string          `json:"commitment"`
	Candidates []DrawCandidate `json:"candidates"`
	OpenEntry  string          `json:"open_entry,omitempty"`
	OpenedAt   string          `json:"opened_at,omitempty"`
	Nonce      string          `json:"nonce,omitempty"`
	// Size and Root are of the tree that ends with the opening, computed from the entries.
	Size      int64    `json:"size,omitempty"`
	Root      string   `json:"root,omitempty"`
	MadeEntry string   `json:"made_entry,omitempty"`
	Order     []string `json:"order,omitempty"`
	// Repeated: the list, the value and the rule give this order.
	Repeated bool `json:"repeated"`
}

// A DrawCandidate is a creditor by the number of its offer, or a firm by its name.
type DrawCandidate struct {
	Candidate string `json:"candidate"`
	No        int    `json:"no,omitempty"`
	Firm      string `json:"firm,omitempty"`
}

// drawWording is about draws.
func drawWording(c Code) (rule, zh, en string, ok bool) {
	rule, ok = "R16d", true
	switch c { //nolint:exhaustive // the other codes have their own tables
	case Code(draw.TooFew):
		zh, en = "抽签名单不足两人", "The list has fewer than two candidates"
	case Code(draw.Twice):
		zh, en = "抽签名单中有重复者", "A candidate is on the list twice"
	case Code(draw.WaitTooShort):
		zh, en = "名单与取值之间不足十分钟", "Less than ten minutes lie between the list and the opening of its value"
	case Code(draw.OpenedEarly):
		zh, en = "抽签的取值在名单所定时间之前公开", "The value was opened before the time that the list names"
	case Code(draw.NonceDiffers):
		zh, en = "公开的随机数与名单中的承诺不符", "The nonce as opened does not fit the list's commitment"
	case Code(draw.ValueTooEarly):
		zh, en = "取值先于名单，列名单时已为人所知", "The value is older than the list, and was known to whoever wrote it"
	case Code(draw.ValueElsewhere):
		zh, en = "抽签所依据的树不是以其取值条目为最后一条的那一棵", "The draw rests on another tree than the one that ends with its opening"
	case Code(draw.MadeBeforeRoot):
		zh, en = "抽签条目在其所依据的树之内", "The draw's entry lies within the tree that it rests on"
	case Code(draw.ValueDiffers):
		zh, en = "抽签所用的根与由条目算得的不同", "The draw's root is not the one that the entries give"
	case Code(draw.OrderDiffers):
		zh, en = "按名单和取值重抽得不到这一顺序", "Repeated from the list and the value, the draw does not give this order"
	case DrawListedTwice:
		zh, en = "同样的名单列了不止一次抽签：%s", "The same candidates were listed for more than one draw: %s"
	case DrawUnlisted:
		zh, en = "抽签 %s 没有名单，或名单属于别的标的", "Draw %s has no list, or the list is about something else"
	case DrawOpenedTwice:
		zh, en = "抽签 %s 的取值公开了不止一次", "The value of draw %s was opened more than once"
	case DrawUnopened:
		zh, en = "抽签 %s 没有公开取值就有了顺序", "Draw %s has an order without the opening of its value"
	case DrawMadeTwice:
		zh, en = "抽签 %s 不止一个顺序", "Draw %s has more than one order"
	case DrawUnmade:
		zh, en = "抽签 %s 到期一天后仍没有顺序", "Draw %s has no order a day after its time"
	case TakenUndrawn:
		zh, en = "承受人 %s 不是抽签确定的第一顺序", "The taker %s is not the one whom the draw put first"
	default:
		return "", "", "", false
	}
	return rule, zh, en, ok
}
