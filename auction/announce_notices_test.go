package auction

import (
	"testing"

	"mingchui/auction/docket"
)

// R16: a notice says on which day and how it was served, or why it was not, or that it was waived.
func TestR16_ANoticeHasItsDayAndItsWay(t *testing.T) {
	t.Parallel()
	how := docket.Text{Zh: "邮寄送达", En: "Served by post"}
	for name, c := range map[string]struct {
		notice docket.Notification
		want   bool
	}{
		"day and way":   {docket.Notification{On: "2026-11-20", How: how}, true},
		"the day alone": {docket.Notification{On: "2026-11-20"}, false},
		"the way alone": {docket.Notification{How: how}, false},
		"a reason":      {docket.Notification{ReasonNot: how}, true},
		"waived":        {docket.Notification{Waived: true}, true},
		"nothing":       {docket.Notification{}, false},
	} {
		if got := settled(c.notice); got != c.want {
			t.Errorf("%s: settled is %t", name, got)
		}
	}
}

// A document takes a hundred notices; one more is refused, one that replaces another is not.
func TestR16_ALotTakesAHundredNotices(t *testing.T) {
	t.Parallel()
	var lot docket.Lot
	for no := 1; no <= 100; no++ {
		if !place(&lot, NoticeTo{To: docket.ToOther, No: no}, docket.Notification{Waived: true}) {
			t.Fatalf("notice %d is refused", no)
		}
	}
	if !place(&lot, NoticeTo{To: docket.ToOther, No: 100}, docket.Notification{Waived: true}) || len(lot.Notifications) != 100 {
		t.Errorf("the last one anew: %d", len(lot.Notifications))
	}
	if place(&lot, NoticeTo{To: docket.ToOther, No: 101}, docket.Notification{Waived: true}) {
		t.Error("the hundred and first is taken")
	}
}
