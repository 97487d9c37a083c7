package main

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/audit"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/bidding/course"
	"mingchui/cmd/auditor/verify"
)

// A logTamper is a log whose files were changed; want is every code that the auditor finds.
type logTamper struct {
	want   []verify.Code
	change func(l *forgedLog)
}

// A forgedLog is a log by its files, and what the auditor is told beside it.
type forgedLog struct {
	t     *testing.T
	files memory
	o     verify.Options
}

// sign signs a checkpoint.
func (l *forgedLog) sign(k *audit.Key, size int64, root audit.Hash) []byte {
	l.t.Helper()
	signed, err := audit.Checkpoint{Origin: k.Name(), Size: size, Root: root}.Sign(k)
	if err != nil {
		l.t.Fatal(err)
	}
	return signed
}

// signed is the log's own checkpoint.
func (l *forgedLog) signed() audit.Checkpoint {
	l.t.Helper()
	c, err := audit.OpenCheckpoint(l.files["checkpoint"], logKey(l.t).VerifierKey())
	if err != nil {
		l.t.Fatal(err)
	}
	return c
}

// before is the state that an earlier run left, of a checkpoint by a key and signed by another.
func (l *forgedLog) before(of, by *audit.Key, size int64, root audit.Hash) {
	l.t.Helper()
	l.o.Earlier = &verify.State{VerifierKey: of.VerifierKey(), Checkpoint: string(l.sign(by, size, root))}
}

// stranger has the log's name and another secret.
func stranger(t *testing.T) *audit.Key {
	t.Helper()
	k, err := audit.NewKey("mingchui.test/log", bytes.Repeat([]byte{9}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// logTampers are about the log's files, 300 entries in two bundles (I6).
func logTampers() map[string]logTamper {
	const lastBundle, firstTile, upperTile = "tile/entries/001.p/44", "tile/0/000", "tile/1/000.p/1"
	return map[string]logTamper{
		"nothing changed":                      {nil, func(*forgedLog) {}},
		"a bundle that is not there":           {codes(verify.BundleMissing), func(l *forgedLog) { delete(l.files, lastBundle) }},
		"a bundle cut short":                   {codes(verify.BundleBroken), func(l *forgedLog) { l.files[lastBundle] = l.files[lastBundle][:len(l.files[lastBundle])-1] }},
		"a bundle with a byte more":            {codes(verify.BundleBroken), func(l *forgedLog) { l.files[lastBundle] = append(slices.Clone(l.files[lastBundle]), 0) }},
		"a tile that is not there":             {codes(verify.TileMissing), func(l *forgedLog) { delete(l.files, firstTile) }},
		"a tile cut short":                     {codes(verify.TileDiffers), func(l *forgedLog) { l.files[firstTile] = l.files[firstTile][:32*255] }},
		"a changed tile":                       {codes(verify.TileDiffers), func(l *forgedLog) { flip(l.files, firstTile) }},
		"an upper tile not there":              {codes(verify.TileMissing), func(l *forgedLog) { delete(l.files, upperTile) }},
		"a changed upper tile":                 {codes(verify.TileDiffers), func(l *forgedLog) { flip(l.files, upperTile) }},
		"a checkpoint by another key":          {codes(verify.CheckpointInvalid), func(l *forgedLog) { l.files["checkpoint"] = l.sign(stranger(l.t), l.signed().Size, l.signed().Root) }},
		"another root":                         {codes(verify.RootDiffers), func(l *forgedLog) { l.files["checkpoint"] = l.sign(logKey(l.t), l.signed().Size, audit.Hash{1}) }},
		"another earlier root":                 {codes(verify.HistoryRewritten), func(l *forgedLog) { l.before(logKey(l.t), logKey(l.t), 255, audit.Hash{1}) }},
		"shorter than before":                  {codes(verify.LogShrank), func(l *forgedLog) { l.before(logKey(l.t), logKey(l.t), l.signed().Size+1, audit.Hash{1}) }},
		"as long as before":                    {nil, func(l *forgedLog) { l.before(logKey(l.t), logKey(l.t), l.signed().Size, l.signed().Root) }},
		"an earlier checkpoint by another key": {codes(verify.EarlierInvalid), func(l *forgedLog) { l.before(logKey(l.t), stranger(l.t), 1, audit.Hash{1}) }},
		"another key than before": {codes(verify.KeyChanged, verify.EarlierInvalid), func(l *forgedLog) {
			l.o.VerifierKey = logKey(l.t).VerifierKey()
			l.before(stranger(l.t), stranger(l.t), l.signed().Size, l.signed().Root)
		}},
		"another key than the remembered one": {codes(verify.CheckpointInvalid), func(l *forgedLog) { l.before(stranger(l.t), stranger(l.t), l.signed().Size, l.signed().Root) }},
		"an entry out of form": {codes(verify.EntryUncanonical), func(l *forgedLog) {
			l.files = memoryLog(l.t, uncanonical(l.t, announced(l.t)[:1]))
		}},
	}
}

// flip changes one bit in the middle of a file.
func flip(log memory, path string) {
	b := slices.Clone(log[path])
	b[len(b)/2] ^= 1
	log[path] = b
}

func TestI6_VerifyFindsEachTamperedFile(t *testing.T) {
	t.Parallel()
	entries := generate(t, seed, 12)[:300]
	for name, x := range logTampers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := forgedLog{t: t, files: memoryLog(t, entries), o: verify.Options{Jobs: 2}}
			x.change(&l)
			r, err := verify.Run(t.Context(), l.files, l.o)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := codesOf(r), sortedCodes(x.want); !slices.Equal(got, want) {
				t.Errorf("found %v, want %v: %+v", got, want, r.Findings)
			}
		})
	}
}

// TestVerifyOfOneLot: what is wrong with another lot is not told of the one that is asked for.
func TestVerifyOfOneLot(t *testing.T) {
	t.Parallel()
	entries := generate(t, seed, 2)
	first, other := entries[nth(t, entries, audit.KindLotListed, 0)].LotID, entries[nth(t, entries, audit.KindLotListed, 1)].LotID
	entries = alter(audit.KindLotListed, 1, func(l *audit.LotListed) { l.Stage = law.Second })(t, entries)
	for lot, want := range map[uuid.UUID][]verify.Code{first: nil, other: codes(verify.ListedDiffers), uuid.Nil: codes(verify.ListedDiffers)} {
		r, err := verify.Run(t.Context(), memoryLog(t, entries), verify.Options{Lot: lot})
		if err != nil {
			t.Fatal(err)
		}
		if got := codesOf(r); !slices.Equal(got, want) || (lot != uuid.Nil && (len(r.Lots) != 1 || r.Lots[0].Lot != lot.String())) {
			t.Errorf("of %s: found %v, want %v; lots %+v", lot, got, want, r.Lots)
		}
	}
}

// A receiptTamper is a receipt that does not hold, or one that a log contradicts; check gives what is told of it.
type receiptTamper struct {
	want  verify.Code
	check func(t *testing.T) *verify.Finding
}

// promise is a receipt of an entry; its proof is of its place among the given entries.
func promise(t *testing.T, entries []audit.Entry, i int) audit.Receipt {
	t.Helper()
	batch := audit.NewBatch([]audit.Hash{entries[i].LeafHash})
	signed, err := batch.Sign(batchKey(t))
	if err != nil {
		t.Fatal(err)
	}
	var leaves []audit.Hash
	for _, e := range entries {
		leaves = append(leaves, e.LeafHash)
	}
	tree := audit.NewBatch(leaves)
	checkpoint, err := audit.Checkpoint{Origin: logKey(t).Name(), Size: int64(len(entries)), Root: tree.Root()}.Sign(logKey(t))
	if err != nil {
		t.Fatal(err)
	}
	return audit.NewReceipt(entries[i].Bytes, 0, batch, signed).WithProof(audit.Proof{Index: int64(i), Path: tree.Path(i), Checkpoint: checkpoint})
}

// receiptTampers are about receipts of bids and of refusals, against a log of one sale (I1, R31).
func receiptTampers() map[string]receiptTamper {
	keys := func(t *testing.T) verify.Options {
		t.Helper()
		return verify.Options{VerifierKey: audit.JoinKeys(logKey(t).VerifierKey(), batchKey(t).VerifierKey())}
	}
	// receipt is one of the third bid, held against another log.
	receipt := func(proven bool, other change) func(*testing.T) *verify.Finding {
		return func(t *testing.T) *verify.Finding {
			t.Helper()
			entries := ended(t)
			r := promise(t, entries, nth(t, entries, "course.bid", 2))
			if !proven {
				r.Proof = ""
			}
			report, err := verify.Receipt(t.Context(), memoryLog(t, other(t, slices.Clone(entries))), r, keys(t))
			if err != nil {
				t.Fatal(err)
			}
			if ok := report.Fault == nil; ok != report.OK() {
				t.Errorf("%+v, but %+v", report.Fault, report.Log)
			}
			return report.Fault
		}
	}
	refusal := func(f func(at course.State, r *audit.Refusal)) func(*testing.T) *verify.Finding {
		return func(t *testing.T) *verify.Finding {
			t.Helper()
			entries := ended(t)
			at := running(t, entries)
			last := time.UnixMilli(at.LastAt).UTC()
			said := audit.Refusal{
				Lot: entries[len(entries)-1].LotID.String(), BidderCode: at.Leader, AmountFen: at.Price + at.Terms.Increment, Answer: fault.AlreadyLeading,
				ReceivedAt: last, DecidedAt: last, Seq: at.Seq, PriceFen: at.Price, EndsAt: time.UnixMilli(at.EndsAt).UTC(), KeyHash: audit.HashText("k"),
			}
			f(at, &said)
			r, err := said.Sign(batchKey(t))
			if err != nil {
				t.Fatal(err)
			}
			report, err := verify.RefusalReceipt(t.Context(), memoryLog(t, entries), r, keys(t))
			if err != nil {
				t.Fatal(err)
			}
			return report.Fault
		}
	}
	forged := func(t *testing.T) *verify.Finding {
		t.Helper()
		entries := ended(t)
		r := promise(t, entries, 3)
		r.Entry = string(entries[4].Bytes)
		return verify.Offline(r, keys(t).VerifierKey).Fault
	}
	same := func(_ *testing.T, entries []audit.Entry) []audit.Entry { return entries }
	before := func(t *testing.T, entries []audit.Entry) []audit.Entry {
		t.Helper()
		return append(announcedWith(nil, nil)(t)[:1:1], entries...)
	}
	return map[string]receiptTamper{
		"holds":                      {"", receipt(true, same)},
		"holds, not proven":          {"", receipt(false, same)},
		"of another entry":           {verify.ReceiptInvalid, forged},
		"proven, not in the log":     {verify.ReceiptAbsent, receipt(true, remove("course.bid", 2))},
		"promised, not in the log":   {verify.ReceiptNotYet, receipt(false, remove("course.bid", 2))},
		"proven elsewhere":           {verify.ReceiptElsewhere, receipt(true, before)},
		"rightly refused":            {"", refusal(func(course.State, *audit.Refusal) {})},
		"resting on what is to come": {verify.RefusalAhead, refusal(func(_ course.State, r *audit.Refusal) { r.Seq += 99 })},
		"resting on another price":   {verify.RefusalPrice, refusal(func(_ course.State, r *audit.Refusal) { r.PriceFen-- })},
		"wrongly refused": {verify.RefusalWrong, refusal(func(at course.State, r *audit.Refusal) {
			for code, a := range at.Admitted {
				if code != at.Leader && !a.Excluded {
					r.BidderCode = code
				}
			}
		})},
		"refused for another reason": {verify.RefusalOther, refusal(func(_ course.State, r *audit.Refusal) { r.Answer = fault.BidTooLow })},
	}
}

func TestI1_R31_VerifyFindsEachFalseReceipt(t *testing.T) {
	t.Parallel()
	for name, x := range receiptTampers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := x.check(t)
			if (got == nil) != (x.want == "") || (got != nil && got.Code != x.want) {
				t.Errorf("%+v, want %q", got, x.want)
			}
		})
	}
}
