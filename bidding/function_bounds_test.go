package bidding

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"mingchui/auction/money"
	"mingchui/bidding/course"
)

// boundedCall is one call of the function for a lot, with what the caller says of itself.
type boundedCall struct {
	epoch, committed int64
	wall             int64 // from the machine's clock, ms
	age, backlog     int64
	commands         []step
}

// bounded makes calls of the function on shard 3.
type bounded struct {
	t      *testing.T
	client *redis.Client
	lib    library
	lot    uuid.UUID
}

// call gives the first word of the answer and the verdicts, as "+", "=" or the code of a refusal.
func (b *bounded) call(c boundedCall) (word string, verdicts []string) {
	b.t.Helper()
	keys := decideKeys(3, b.lot, course.Terms{})
	keys[1] = streamKey(3, c.epoch)
	now := time.Now().UnixMilli()
	args := []any{c.epoch, c.committed, now + c.wall, 0, c.age, c.backlog, b.lot.String()}
	for _, s := range c.commands {
		args = appendCommand(args, s.command, carried{s.key, now, "00"})
	}
	text, err := b.client.FCall(b.t.Context(), b.lib.decide, keys, args...).Text()
	if err != nil {
		b.t.Fatal(err)
	}
	r, err := parseReply(text, len(c.commands))
	if err != nil {
		b.t.Fatal(err)
	}
	for _, v := range r.verdicts {
		switch v.sign {
		case refused:
			verdicts = append(verdicts, v.code)
		case decided, replayed:
			verdicts = append(verdicts, string(v.sign))
		}
	}
	return r.word, verdicts
}

// I1: the function decides nothing on a memory that is behind what is committed, of another epoch, or on a clock in doubt, and
// nothing new while too much is uncommitted or for too long; what was accepted before is then still answered again.
func TestI1_WhatTheFunctionDecidesNothingOn(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	b := &bounded{t: t, client: patientRedis(t), lib: newLibrary(), lot: uuid.New()}
	if err := b.lib.load(ctx, b.client); err != nil {
		t.Fatal(err)
	}
	const much = int64(1) << 40
	bid := func(code string, amount money.Fen, key string) step {
		return step{course.Command{Kind: course.Bid, Code: code, Amount: amount}, key}
	}
	want := func(what string, c boundedCall, word string, verdicts ...string) {
		t.Helper()
		if got, v := b.call(c); got != word || fmt.Sprint(v) != fmt.Sprint(verdicts) {
			t.Errorf("%s: %s %v, want %s %v", what, got, v, word, verdicts)
		}
	}
	first := bid("AAAAA", 100, "k1")
	want("a shard that is not there", boundedCall{1, 0, 0, much, much, []step{first}}, "epoch")
	if _, err := rebuild(ctx, b.client, b.lib, 3, 1, 0, "", nil); err != nil {
		t.Fatal(err)
	}
	now := time.Now().UnixMilli()
	terms := course.Terms{StartingPrice: 100, Increment: 10, StartsAt: now - 1000, EndsAt: now + 86_400_000, Extension: 300_000}
	admit := func(code string) step {
		return step{command: course.Command{Kind: course.Admit, Code: code, Capacity: course.Ordinary, NameCommitment: strings.Repeat("0f", 32)}}
	}
	want("an opening", boundedCall{1, 0, 0, much, much, []step{{command: course.Command{Kind: course.Open, Terms: terms}}, admit("AAAAA"), admit("BBBBB")}},
		"ok", "+", "+", "+")
	want("another epoch", boundedCall{2, 0, 0, much, much, []step{first}}, "epoch")
	want("behind by one", boundedCall{1, 4, 0, much, much, []step{first}}, "behind")
	want("a node's clock five seconds ahead", boundedCall{1, 3, 5000, much, much, []step{first}}, "clock")
	want("a node's clock five seconds back", boundedCall{1, 3, -5000, much, much, []step{first}}, "clock")
	want("all is committed, and no backlog is allowed", boundedCall{1, 3, 0, -1, 1, []step{first}}, "ok", "+")
	// 4 decisions, 3 of them committed, which Redis keeps in mind.
	second := bid("BBBBB", 110, "k2")
	want("a backlog of one where one is too much", boundedCall{1, 0, 0, much, 1, []step{second, first}}, "ok", "busy", "=")
	want("a backlog of one where two are too much", boundedCall{1, 0, 0, much, 2, []step{second}}, "ok", "+")
	want("a backlog of two where two are too much", boundedCall{1, 3, 0, much, 2, []step{bid("AAAAA", 120, "k3"), second}}, "ok", "busy", "=")
	want("the oldest has waited too long", boundedCall{1, 4, 0, -1, much, []step{bid("AAAAA", 120, "k3"), second}}, "ok", "busy", "=")
	want("nothing waits any more", boundedCall{1, 5, 0, -1, 1, []step{bid("AAAAA", 120, "k3")}}, "ok", "+")
	opened := *b
	opened.lot = uuid.New()
	if word, v := opened.call(boundedCall{1, 5, 0, much, much, []step{{command: course.Command{Kind: course.Open, Terms: terms}}}}); word != "ok" || v[0] != "+" {
		t.Errorf("another lot is opened: %s %v", word, v)
	}
	// A rebuild without the lots leaves nothing of them: what was not committed must not come back.
	if _, err := rebuild(ctx, b.client, b.lib, 3, 2, 3, "", nil); err != nil {
		t.Fatal(err)
	}
	kept, err := b.client.Keys(ctx, "*").Result()
	if err != nil || len(kept) != 1 || kept[0] != "{s003}:shard" {
		t.Errorf("a rebuilt shard holds %v, %v", kept, err)
	}
	want("the epoch before", boundedCall{1, 3, 0, much, much, []step{first}}, "epoch")
}
