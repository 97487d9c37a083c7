package live

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func bidTold(seq int64) told {
	at := time.UnixMilli(seq)
	return told{name: bidName, Seq: seq, At: at, AcceptedAt: &at}
}

// However events fall into slots, a reader that follows from any seq gets every
// event above it once and in order, or has it counted as skipped.
func TestSlotsHaveNeitherGapNorDouble(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var s slots
		var p pending
		seq, sent, bid := int64(0), map[int64]bool{}, map[int64]bool{}
		for range rapid.IntRange(1, maxSlots+16).Draw(t, "slots") {
			for range rapid.SampledFrom([]int{1, 2, maxBids, maxBids + 9}).Draw(t, "events") {
				seq++
				switch rapid.IntRange(0, 5).Draw(t, "kind") {
				case 0: // not shown
				case 1:
					p.add(told{name: "stayed", Seq: seq})
				default:
					bid[seq] = true
					p.add(bidTold(seq))
				}
			}
			if len(p.events) == 0 {
				continue
			}
			if n := len(p.events); n > 2*maxBids+maxBids {
				t.Fatalf("%d events wait", n)
			}
			one, err := p.slot(s.end, seq)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range one.marks {
				sent[m.seq] = true
			}
			s.add(one)
		}
		if len(s.kept) > maxSlots {
			t.Fatalf("%d slots are kept", len(s.kept))
		}
		after := rapid.Int64Range(0, seq).Draw(t, "after")
		var got []byte
		at := after
		for {
			one, lost := s.next(at)
			if lost {
				if s.covers(at) || at != after {
					t.Fatalf("from %d the reader is lost at %d", after, at)
				}
				return
			}
			if one == nil {
				break
			}
			part, from := one.rest(at)
			got = append(got, part.bytes[from:]...)
			at = max(at, one.to)
		}
		last, unsent := after, int64(0)
		for block := range strings.SplitSeq(strings.TrimSuffix(string(got), "\n\n"), "\n\n") {
			if block == "" {
				continue
			}
			id, data, _ := strings.Cut(strings.TrimPrefix(block, "id: "), "\n")
			n, _ := strconv.ParseInt(id, 10, 64)
			if n <= last || !sent[n] {
				t.Fatalf("after %d comes %d", last, n)
			}
			for missed := last + 1; missed < n; missed++ {
				if sent[missed] {
					t.Fatalf("from %d the event %d is missing: %s", after, missed, got)
				}
				if bid[missed] {
					unsent++
				}
			}
			_, number, _ := strings.Cut(data, `"skipped":`)
			number, _, _ = strings.Cut(strings.TrimRight(number, "}"), ",")
			if counted, _ := strconv.ParseInt(number, 10, 64); bid[n] {
				if counted != unsent {
					t.Fatalf("from %d, at %d %d bids were not sent, and %d are counted", after, n, unsent, counted)
				}
				unsent = 0
			}
			last = n
		}
		for missed := last + 1; missed <= seq; missed++ {
			if sent[missed] {
				t.Fatalf("from %d the event %d is missing at the end", after, missed)
			}
		}
	})
}

// Of more bids than a slot takes the newest are sent, the first of them says how
// many are not, and what is no bid stays.
func TestTooManyBidsAreCounted(t *testing.T) {
	t.Parallel()
	var p pending
	for seq := range int64(40) {
		p.add(bidTold(seq + 1))
		if seq == 19 {
			p.add(told{name: "stayed", Seq: 100})
		}
	}
	s, err := p.slot(0, 40)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.marks) != maxBids+1 || bytes.Count(s.bytes, []byte(`"skipped":`)) != 1 || !bytes.Contains(s.bytes, []byte(`"skipped":24`)) {
		t.Errorf("%d events: %s", len(s.marks), s.bytes)
	}
	if s.marks[1].seq != 25 || s.marks[maxBids].seq != 40 || bytes.Count(s.bytes, []byte("event: stayed\n")) != 1 {
		t.Errorf("%+v", s.marks)
	}
	if p.dropped != nil || p.bids != 0 || len(p.events) != 0 {
		t.Errorf("%+v stays", p)
	}
}
