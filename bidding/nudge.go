package bidding

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/nats-io/nats.go"
)

// Nodes nudge each other over NATS core, so that a bid that one node decides and another commits waits for neither's sweep.
// Nothing is believed of a nudge but that it is worth looking: one that is lost costs what the sweep takes, and a forged one a look.
const (
	// nudgeDecided says to whoever commits that shards have something to commit or to mend.
	nudgeDecided = "bidding.decided"
	// nudgeCommitted says to whoever waits that shards were committed.
	nudgeCommitted = "bidding.committed"
)

// nudge tells the other nodes of shards: a set of two hexadecimal digits each.
func (e *Engine) nudge(subject string, shards []int) {
	if e.nats == nil || len(shards) == 0 {
		return
	}
	set := make([]byte, 0, 2*len(shards))
	for _, id := range shards {
		set = hex.AppendEncode(set, []byte{byte(id)}) //nolint:gosec // below shardCount, 256
	}
	if err := e.nats.Publish(subject, set); err != nil {
		e.log.Warn("the other nodes are not nudged", "subject", subject, "error", err)
	}
}

func shardsIn(list []marked) []int {
	ids := make([]int, len(list))
	for i, w := range list {
		ids[i] = w.shard
	}
	return ids
}

// pass tells whoever commits of the shards that are marked here.
func (e *Engine) pass() {
	commit, mend := e.dirty.take()
	ids := shardsIn(commit)
	for id := range mend {
		ids = append(ids, id)
	}
	e.nudge(nudgeDecided, ids)
}

// heed marks what other nodes have to commit, on the node that commits. What was heard is never passed on: nodes would nudge each
// other without end.
func (e *Engine) heed(commits bool) {
	ids, _ := e.asked.take()
	if !commits {
		return
	}
	for _, w := range ids {
		e.dirty.mark(w.shard, toCommit)
	}
}

// hear follows what other nodes have committed.
func (e *Engine) hear(ctx context.Context) {
	ids, _ := e.news.take()
	e.follow(ctx, shardsIn(ids))
}

// listen marks in asked and in news what nodes nudge about, this one included, until stop. With no NATS nobody nudges.
func (e *Engine) listen() (stop func(), err error) {
	if e.nats == nil {
		return func() {}, nil
	}
	var subs []*nats.Subscription
	stop = func() {
		for _, s := range subs {
			_ = s.Unsubscribe() // the connection may be gone, and the subscription with it
		}
	}
	topics := map[string]*dirty{nudgeCommitted: e.news}
	if !e.gather {
		topics[nudgeDecided] = e.asked
	}
	for subject, marks := range topics {
		sub, err := e.nats.Subscribe(subject, func(m *nats.Msg) { marks.markSet(m.Data) })
		if err != nil {
			stop()
			return nil, fmt.Errorf("listen to other nodes: %w", err)
		}
		subs = append(subs, sub)
	}
	return stop, nil
}

// markSet marks the shards of a nudge for a look; what is none of ours is passed over.
func (d *dirty) markSet(set []byte) {
	ids := make([]byte, hex.DecodedLen(len(set)))
	n, err := hex.Decode(ids, set)
	if err != nil || n > shardCount {
		return
	}
	for _, id := range ids[:n] {
		d.mark(int(id), toCommit)
	}
}
