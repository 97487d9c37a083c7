package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/google/uuid"

	"mingchui/auction/money"
	"mingchui/bidding"
)

// Bid places a bid within the limit of its code; the pages' own way to the
// engine.
//
// Faults: rate_exceeded, and the engine's.
func (a *API) Bid(ctx context.Context, b bidding.Bid) (bidding.Accepted, error) {
	if err := a.bids.take(bidder{b.Lot, b.Code}, b.ReceivedAt); err != nil {
		return bidding.Accepted{}, err
	}
	return a.Engine.Bid(ctx, b)
}

// bid places a bid; the answer comes once it is durable. The engine keeps the
// answers of accepted bids by their key, and bounds the wait.
func (a *API) bid(ctx context.Context, c *Call) (Answer, error) {
	v, amount := c.Visitor, c.AmountFen
	if amount == 0 {
		var in struct {
			AmountFen money.Fen `json:"amount_fen"`
		}
		if err := c.Decode(&in); err != nil {
			return Answer{}, err
		}
		amount = in.AmountFen
	}
	got, err := a.Bid(ctx, bidding.Bid{Lot: v.Lot, Code: v.Code, Amount: amount, Key: c.Header.Get(idempotencyHeader), ReceivedAt: c.ReceivedAt})
	if err != nil {
		return Answer{}, err
	}
	return Answer{Status: http.StatusCreated, Bytes: appendBid(make([]byte, 0, 320), got), ContentType: "application/json"}, nil
}

// appendBid writes a bid that is durable as encode would, without reflection:
// bids are the one answer that comes by the thousand. A bidder code is capital letters and
// digits, so nothing needs an escape.
func appendBid(dst []byte, b bidding.Accepted) []byte {
	dst = append(dst, `{"lot":"`...)
	dst = appendID(dst, b.Lot)
	dst = append(dst, `","seq":`...)
	dst = strconv.AppendInt(dst, b.Seq, 10)
	dst = append(dst, `,"bidder_code":"`...)
	dst = append(dst, b.Code...)
	dst = append(dst, `","amount_fen":`...)
	dst = strconv.AppendInt(dst, int64(b.Amount), 10)
	dst = append(dst, `,"accepted_at":"`...)
	dst = b.AcceptedAt.UTC().AppendFormat(dst, instant)
	dst = append(dst, `","ends_at":"`...)
	dst = b.EndsAt.UTC().AppendFormat(dst, instant)
	dst = append(dst, `","receipt":"`...)
	dst = appendID(dst, b.ReceiptID)
	return append(dst, `"}`...)
}

func appendID(dst []byte, id uuid.UUID) []byte {
	text, err := id.MarshalText()
	if err != nil {
		return dst // it has no error
	}
	return append(dst, text...)
}

// maxDigits bounds the amounts that usualBid reads: 15 digits are below
// money.Max, so what it accepts needs no comparison.
const maxDigits = 15

// usualBid reads a bid as clients send it: {"amount_fen":132520000}, with
// white space between or not, one key of plain characters, no query. It says
// nothing of any other; those are the document's to accept or to refuse. A
// fuzz test holds that the document accepts all that it accepts, and reads the
// same amount.
func usualBid(c *Call) bool {
	key, kind := c.Header[idempotencyHeader], c.Header["Content-Type"]
	if len(c.Query) > 0 || len(kind) != 1 || kind[0] != "application/json" || len(key) != 1 || !usualKey(key[0]) {
		return false
	}
	amount := usualAmount(c.Body)
	c.AmountFen = amount
	return amount > 0
}

// usualKey tells whether a key is one that the document accepts for certain.
func usualKey(key string) bool {
	if key == "" || len(key) > 128 {
		return false
	}
	for i := range len(key) {
		if key[i] < '!' || key[i] > '~' {
			return false
		}
	}
	return true
}

// usualAmount reads {"amount_fen":N} with 0 < N and no other form of number; 0
// for everything else.
func usualAmount(body []byte) money.Fen {
	rest := body
	for _, want := range []string{"{", `"amount_fen"`, ":"} {
		rest = blank(rest)
		if len(rest) < len(want) || string(rest[:len(want)]) != want {
			return 0
		}
		rest = rest[len(want):]
	}
	rest = blank(rest)
	var amount money.Fen
	digits := 0
	for digits < len(rest) && rest[digits] >= '0' && rest[digits] <= '9' {
		amount = amount*10 + money.Fen(rest[digits]-'0')
		if digits++; digits > maxDigits {
			return 0
		}
	}
	if digits == 0 || rest[0] == '0' {
		return 0
	}
	rest = blank(rest[digits:])
	if len(rest) == 0 || rest[0] != '}' || len(blank(rest[1:])) > 0 {
		return 0
	}
	return amount
}

// blank drops JSON's white space from the front.
func blank(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\n' || b[0] == '\t' || b[0] == '\r') {
		b = b[1:]
	}
	return b
}
