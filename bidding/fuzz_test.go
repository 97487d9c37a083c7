package bidding

import "testing"

// FuzzParseReply: what the function could not have answered is refused, and nothing panics.
func FuzzParseReply(f *testing.F) {
	f.Add("ok 12 da39a3ee5e6b4b0d3255bfef95601890afd80709 1781749257052\n+ 3 1781749257052 1781835657052 12\n- bid_too_low 3 10000000 AAAAA 1781835657052", 2)
	f.Add("ok 12 h 1\n= 3 1 2", 1)
	f.Add("epoch 7", 1)
	f.Add("behind", 1)
	f.Fuzz(func(t *testing.T, text string, commands int) {
		r, err := parseReply(text, max(commands, 0)%maxBatch)
		if err == nil && r.word == "ok" && len(r.verdicts) != max(commands, 0)%maxBatch {
			t.Errorf("%d verdicts", len(r.verdicts))
		}
	})
}

// FuzzParseDecision: an entry of the stream that was damaged is refused, and nothing panics.
func FuzzParseDecision(f *testing.F) {
	const lot = "01890a5d-ac96-774b-bcce-b302099a8057"
	f.Add(lot + " bid 4 1781749257052 AAAAA 10000000 1781835657052 1781749257050 key")
	f.Add(lot + " open 1 1 10000000 100000 2 3 300000 0")
	f.Add(lot + " admit 2 1 PPPPP priority 1 -")
	f.Add(lot + " stay 5 1 court - 3600000")
	f.Add(lot + " close 9 1 sold 10000000 AAAAA")
	f.Add(lot + " epoch 9 1 -")
	f.Fuzz(func(t *testing.T, text string) {
		d, err := parseDecision(text, 7, 2, 11)
		if err == nil && (d.event.Shard != 7 || d.event.Epoch != 2 || d.event.N != 11 || d.event.Kind == "") {
			t.Errorf("read %+v", d.event)
		}
	})
}
