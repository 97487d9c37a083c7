package bench

import (
	"bufio"
	"context"
	"fmt"
	"strconv"
	"strings"

	"mingchui/cmd/hammer/stage"
)

// batching is how well the server gathers: what one call of the Redis function and one commit share is paid once for all of
// their bids.
type batching struct {
	// calls of the function and commands in them, commits and course events in them; since the server's start.
	calls, commands, commits, events float64
}

// readBatching asks the server's metrics.
func readBatching(ctx context.Context, servers *stage.Servers) (batching, error) {
	text, err := servers.Metrics(ctx)
	if err != nil {
		return batching{}, err
	}
	var b batching
	into := map[string]*float64{
		"mingchui_bidding_batch_commands_count": &b.calls, "mingchui_bidding_batch_commands_sum": &b.commands,
		"mingchui_bidding_commit_events_count": &b.commits, "mingchui_bidding_commit_events_sum": &b.events,
	}
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if to := into[name]; to != nil {
			if *to, err = strconv.ParseFloat(value, 64); err != nil {
				return b, fmt.Errorf("read the server's metrics: %w", err)
			}
		}
	}
	return b, nil
}

// since is what came after an earlier reading.
func (b batching) since(before batching) batching {
	return batching{b.calls - before.calls, b.commands - before.commands, b.commits - before.commits, b.events - before.events}
}
