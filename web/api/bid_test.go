package api

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/money"
	"mingchui/bidding"
)

// What usualBid accepts the document accepts, with the same amount.
func FuzzUsualBidIsWhatTheDocumentAccepts(f *testing.F) {
	contract, err := LoadContract()
	if err != nil {
		f.Fatal(err)
	}
	for _, body := range []string{
		`{"amount_fen":132520000}`, " {\t\"amount_fen\" : 1 }\r\n", `{"amount_fen":999999999999999}`, `{"amount_fen":9007199254740991}`,
		`{"amount_fen":9007199254740992}`, `{"amount_fen":01}`, `{"amount_fen":0}`, `{"amount_fen":-1}`, `{"amount_fen":1.0}`, `{"amount_fen":1e3}`,
		`{"amount_fen":1}x`, `{"amount_fen":1,"amount_fen":2}`, `{"Amount_fen":1}`, `{"amount_fen":}`, `{"amount_fen":1`, `{}`, ``, `[1]`,
		`{"amount_fen":1}{}`, `{"amount_fen": "1"}`, "{\"amount_fen\":1}\x00", `{"amount_fen":1 2}`, `{"amount\u005ffen":1}`,
	} {
		f.Add([]byte(body), "0191a0b2-key", "application/json")
	}
	f.Add([]byte(`{"amount_fen":1}`), "a key", "application/json")
	f.Add([]byte(`{"amount_fen":1}`), "", "application/json")
	f.Add([]byte(`{"amount_fen":1}`), "k", "text/plain")
	f.Fuzz(func(t *testing.T, body []byte, key, kind string) {
		c := &Call{Body: body, Header: http.Header{idempotencyHeader: {key}, "Content-Type": {kind}}}
		if !usualBid(c) {
			return
		}
		if err := contract.Check(http.MethodPost, "/api/v1/lots/{lot}/bids", nil, c.Header, body); err != nil {
			t.Fatalf("%q is accepted, and the document says %v", body, err)
		}
		var in struct {
			AmountFen money.Fen `json:"amount_fen"`
		}
		if err := json.Unmarshal(body, &in); err != nil || in.AmountFen != c.AmountFen {
			t.Fatalf("%q is read as %d, and as %d by the decoder (%v)", body, c.AmountFen, in.AmountFen, err)
		}
	})
}

func TestUsualBidsAreRead(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]money.Fen{
		`{"amount_fen":132520000}`: 132520000, " {\n\"amount_fen\" :\t7 } ": 7, `{"amount_fen":999999999999999}`: 999999999999999,
		`{"amount_fen":1000000000000000}`: 0, `{"amount_fen":07}`: 0, `{"amount_fen":7}}`: 0, `{"amount_fen":7.0}`: 0, `{"amount_fen":`: 0,
	} {
		if got := usualAmount([]byte(body)); got != want {
			t.Errorf("%q is read as %d, want %d", body, got, want)
		}
	}
}

// bidAnswer is what a bid is answered with.
type bidAnswer struct {
	Lot        uuid.UUID `json:"lot"`
	Seq        int64     `json:"seq"`
	BidderCode string    `json:"bidder_code"`
	AmountFen  money.Fen `json:"amount_fen"`
	AcceptedAt time.Time `json:"accepted_at"`
	EndsAt     time.Time `json:"ends_at"`
	Receipt    uuid.UUID `json:"receipt"`
}

func TestBidsAreAnsweredAsTheEncoderWould(t *testing.T) {
	t.Parallel()
	for _, at := range []time.Time{time.UnixMilli(1781749257052), time.Date(2026, 6, 18, 10, 0, 0, 0, time.FixedZone("Asia/Shanghai", 8*3600)), {}} {
		b := bidding.Accepted{
			Lot: uuid.New(), Seq: 211, Code: "K7Q2M", Amount: money.Max, AcceptedAt: at, EndsAt: at.Add(5 * time.Minute), ReceiptID: uuid.New(),
		}
		want, err := encode(bidAnswer{b.Lot, b.Seq, b.Code, b.Amount, b.AcceptedAt, b.EndsAt, b.ReceiptID})
		if err != nil {
			t.Fatal(err)
		}
		if got := appendBid(nil, b); string(got) != string(want) {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
