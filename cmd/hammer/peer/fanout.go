package peer

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
)

// FanOut is server-sent events the usual way: a goroutine and a buffered channel a watcher, each event encoded once, written
// and flushed at once. A bid is accepted without a look and told to all. The head and the first event are as small as they can be.
const FanOut Kind = "fanout"

// queueLength is how many events a watcher may be behind before it is dropped.
const queueLength = 64

// broadcast is the peer's hub.
type broadcast struct {
	mu       sync.Mutex
	seq      int64
	watchers map[chan []byte]struct{}
}

func newBroadcast() *broadcast { return &broadcast{watchers: map[chan []byte]struct{}{}} }

// bidEvent has the fields of the server's own.
type bidEvent struct {
	Lot        uuid.UUID `json:"lot"`
	Seq        int64     `json:"seq"`
	BidderCode string    `json:"bidder_code"`
	AmountFen  int64     `json:"amount_fen"`
	PriceFen   int64     `json:"price_fen"`
	LeaderCode string    `json:"leader_code"`
	At         string    `json:"at"`
	AcceptedAt string    `json:"accepted_at"`
	EndsAt     string    `json:"ends_at"`
}

const instantForm = "2006-01-02T15:04:05.000Z"

func (b *broadcast) bid(c echo.Context) error {
	lot, err := uuid.Parse(c.Param("lot"))
	if err != nil {
		return echo.ErrNotFound
	}
	var in struct {
		AmountFen int64 `json:"amount_fen"`
	}
	if err := c.Bind(&in); err != nil {
		return err
	}
	now := time.Now().UTC()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seq++
	e := bidEvent{
		Lot: lot, Seq: b.seq, BidderCode: "AAAAA", AmountFen: in.AmountFen, PriceFen: in.AmountFen, LeaderCode: "AAAAA",
		At: now.Format(instantForm), AcceptedAt: now.Format(instantForm), EndsAt: now.Add(time.Hour).Format(instantForm),
	}
	data, err := json.Marshal(e)
	if err != nil {
		return err
	}
	text := fmt.Appendf(nil, "id: %d\nevent: bid\ndata: %s\n\n", b.seq, data)
	for w := range b.watchers {
		select {
		case w <- text:
		default: // too slow
			delete(b.watchers, w)
			close(w)
		}
	}
	return c.JSON(http.StatusCreated, e)
}

func (b *broadcast) events(c echo.Context) error {
	queue := make(chan []byte, queueLength)
	b.mu.Lock()
	b.watchers[queue] = struct{}{}
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		delete(b.watchers, queue)
		b.mu.Unlock()
	}()
	res := c.Response()
	res.Header().Set(echo.HeaderContentType, "text/event-stream")
	res.Header().Set(echo.HeaderCacheControl, "no-store")
	res.WriteHeader(http.StatusOK)
	if _, err := res.Write([]byte("event: state\ndata: {}\n\n")); err != nil {
		return nil // the reader is gone
	}
	res.Flush()
	beat := time.NewTicker(15 * time.Second)
	defer beat.Stop()
	for {
		text := []byte(": still here\n\n")
		select {
		case <-c.Request().Context().Done():
			return nil
		case <-beat.C:
		case next, open := <-queue:
			if !open {
				return nil
			}
			text = next
		}
		if _, err := res.Write(text); err != nil {
			return nil // the reader is gone
		}
		res.Flush()
	}
}
