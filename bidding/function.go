package bidding

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"mingchui/bidding/course"
)

// librarySource is the Redis library; @V@ in it stands for its version.
//
//go:embed lua/mingchui.lua
var librarySource string

// library is the loaded library's names and text.
type library struct {
	source                           string
	decide, tick, restoreBegin       string
	restoreFill, restoreEnd, version string
}

// newLibrary names the functions by the source's hash, so that two versions of the server can serve side by side.
func newLibrary() library {
	sum := sha256.Sum256([]byte(librarySource))
	v := hex.EncodeToString(sum[:4])
	return library{
		source: strings.ReplaceAll(librarySource, "@V@", v), version: v,
		decide: "mingchui_decide_" + v, tick: "mingchui_tick_" + v, restoreBegin: "mingchui_restore_begin_" + v,
		restoreFill: "mingchui_restore_fill_" + v, restoreEnd: "mingchui_restore_end_" + v,
	}
}

// load puts the library on every master.
func (l library) load(ctx context.Context, client redis.UniversalClient) error {
	load := func(ctx context.Context, c redis.Cmdable) error { return c.FunctionLoadReplace(ctx, l.source).Err() }
	var err error
	if cluster, ok := client.(*redis.ClusterClient); ok {
		err = cluster.ForEachMaster(ctx, func(ctx context.Context, c *redis.Client) error { return load(ctx, c) })
	} else {
		err = load(ctx, client)
	}
	if err != nil {
		return fmt.Errorf("load the Redis functions: %w", err)
	}
	return nil
}

// lookAround has a cluster's client ask who is master now: by itself it asks once a minute, or when a server redirects it,
// which one that is gone does not.
func (e *Engine) lookAround(ctx context.Context) {
	if cluster, ok := e.redis.(*redis.ClusterClient); ok {
		cluster.ReloadState(ctx)
	}
}

// missing tells whether err says that the function is not there: a server that started empty.
func missing(err error) bool {
	return err != nil && strings.Contains(err.Error(), "Function not found")
}

// Keys of a shard; the tag keeps them in one slot.
func shardPrefix(shard int) string { return fmt.Sprintf("{s%03d}:", shard) }

func streamKey(shard int, epoch int64) string { return fmt.Sprintf("{s%03d}:stream:%d", shard, epoch) }

// lotKeys are the keys of decide; the stream, at index 1, depends on the epoch.
func lotKeys(shard int, lot uuid.UUID) []string {
	p, id := shardPrefix(shard), lot.String()
	return []string{p + "shard", "", p + "lots", p + "lot:" + id, p + "adm:" + id, p + "idem:" + id}
}

// maximaKey is the key of a lot's live maxima. decide takes it behind the others for a lot that offers maximum bids, and for no
// other.
func maximaKey(shard int, lot uuid.UUID) string { return shardPrefix(shard) + "max:" + lot.String() }

// decideKeys are the keys of decide for a lot under its terms.
func decideKeys(shard int, lot uuid.UUID, terms course.Terms) []string {
	keys := lotKeys(shard, lot)
	if terms.MaximumBids {
		keys = append(keys, maximaKey(shard, lot))
	}
	return keys
}

// plain writes an optional text of the decision's space-separated form.
func plain(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// carried is what goes along with what a bidder sends: bids, maxima and their withdrawals.
type carried struct {
	// key is the Idempotency-Key.
	key string
	// received is when the request reached the node, unix ms.
	received int64
	// sealed is a maximum's amount and salt under the lot's key, in hex.
	sealed string
}

// withdrawnWord is by what a withdrawal is known again under its key, as a bid is by its amount.
const withdrawnWord = "withdrawn"

// appendCommand appends a command as decide takes it.
func appendCommand(args []any, c course.Command, with carried) []any {
	args = append(args, string(c.Kind))
	switch c.Kind {
	case course.Bid:
		return append(args, c.Code, int64(c.Amount), with.key, with.received)
	case course.Maximum:
		return append(args, c.Code, c.Commitment, with.key, with.received, int64(c.Amount), with.sealed)
	case course.MaximumWithdrawn:
		return append(args, c.Code, withdrawnWord, with.key)
	case course.Open:
		t := c.Terms
		return append(args, int64(t.StartingPrice), int64(t.Increment), t.StartsAt, t.EndsAt, t.Extension, t.SellOffCourse, c.NotBefore)
	case course.Admit:
		return append(args, c.Code, string(c.Capacity), c.Rank, plain(c.NameCommitment))
	case course.Exclude:
		return append(args, c.Code, plain(c.ReasonHash))
	case course.Stay:
		return append(args, string(c.Ground), plain(c.ReasonHash), c.Since)
	case course.Resume:
		return append(args, plain(string(c.Ground)))
	case course.Close:
		return append(args, c.Span.Epoch, c.Span.From, c.Span.To)
	case course.Epoch:
	}
	return args
}

// sign is how a verdict begins.
type sign byte

const (
	decided  sign = '+'
	replayed sign = '='
	refused  sign = '-'
)

// verdict is the function's answer to one command.
type verdict struct {
	sign sign
	code string // refused
	seq  int64
	at   int64 // decided, replayed; unix ms
	ends int64 // the end that holds; unix ms
	n    int64 // decided: place in the shard's stream
	// What a refusal was judged against.
	price  int64
	leader string
}

// reply is the function's whole answer.
type reply struct {
	// word is ok, or why nothing was decided: behind, epoch, restoring, clock; busy of a tick.
	word string
	// number is the epoch with epoch, Redis' time (ms) with clock.
	number   int64
	n        int64
	h        string
	now      int64
	verdicts []verdict
	// written are the decisions that the call wrote, up to n.
	written []written
}

// written is a decision as its entry of the stream has it.
type written struct {
	// at is the machine's time of the decision, unix ms.
	at   int64
	text string
}

// writtenMark is how the line of a written decision begins.
const writtenMark = "> "

// parseReply reads what decide answered. A reply that it cannot read is a fault of ours.
func parseReply(s string, commands int) (reply, error) {
	head, rest, _ := strings.Cut(s, "\n")
	f := fields{s: head}
	r := reply{word: f.text()}
	switch r.word {
	case "behind", "restoring", "busy":
		return r, f.end()
	case "epoch", "clock":
		r.number = f.int()
		return r, f.end()
	case "ok":
	default:
		return r, fmt.Errorf("read the function's answer %q", head)
	}
	r.n, r.h, r.now = f.int(), f.text(), f.int()
	if err := f.end(); err != nil {
		return r, err
	}
	r.verdicts = make([]verdict, 0, commands)
	for rest != "" {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		if entry, ok := strings.CutPrefix(line, writtenMark); ok {
			w, err := parseWritten(entry)
			if err != nil {
				return r, err
			}
			r.written = append(r.written, w)
			continue
		}
		v, err := parseVerdict(line)
		if err != nil {
			return r, err
		}
		r.verdicts = append(r.verdicts, v)
	}
	if len(r.verdicts) != commands {
		return r, fmt.Errorf("read the function's answer: %d verdicts for %d commands", len(r.verdicts), commands)
	}
	return r, nil
}

func parseWritten(entry string) (written, error) {
	at, text, found := strings.Cut(entry, " ")
	ms, err := strconv.ParseInt(at, 10, 64)
	if err != nil || !found || text == "" {
		return written{}, fmt.Errorf("read the function's answer: a decision %q", entry)
	}
	return written{at: ms, text: text}, nil
}

func parseVerdict(line string) (verdict, error) {
	f := fields{s: line}
	mark := f.text()
	if len(mark) != 1 {
		return verdict{}, fmt.Errorf("read verdict %q", line)
	}
	v := verdict{sign: sign(mark[0])}
	switch v.sign {
	case decided:
		v.seq, v.at, v.ends, v.n = f.int(), f.int(), f.int(), f.int()
	case replayed:
		v.seq, v.at, v.ends = f.int(), f.int(), f.int()
	case refused:
		v.code, v.seq, v.price, v.leader, v.ends = f.text(), f.int(), f.int(), f.optional(), f.int()
	default:
		return verdict{}, fmt.Errorf("read verdict %q", line)
	}
	return v, f.end()
}

// fields reads a line of fields with one space between.
type fields struct {
	s   string
	bad bool
}

func (f *fields) text() string {
	if f.s == "" {
		f.bad = true
		return ""
	}
	head, tail, found := strings.Cut(f.s, " ")
	if f.s = tail; found && tail == "" {
		f.bad = true
	}
	return head
}

func (f *fields) optional() string {
	if t := f.text(); t != "-" {
		return t
	}
	return ""
}

func (f *fields) int() int64 {
	n, err := strconv.ParseInt(f.text(), 10, 64)
	if err != nil {
		f.bad = true
	}
	return n
}

func (f *fields) end() error {
	if f.bad || f.s != "" {
		return fmt.Errorf("a line of the Redis function that cannot be read, at %q", f.s)
	}
	return nil
}
