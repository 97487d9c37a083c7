// Package bank stands in for a custodian bank in demonstrations and tests: payments/custody's protocol over real HTTP, with a
// memory. A key is done once; what was credited stays credited; notices are signed, and can be lost, doubled, held and disordered,
// answers lost, returns failed, all on demand.
//
// It does not own anything of the platform, which reaches it over HTTP alone. No money moves. Its memory ends with the process.
package bank

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Config is what New needs; all is required but NoticeURL.
type Config struct {
	// Key is the one that the API accepts, Secret what notices are signed with.
	Key, Secret string
	// NoticeURL receives notices; empty sends none. SetNoticeURL sets it later.
	NoticeURL string
	// Now is the clock of all dates and of signatures.
	Now func() time.Time
	// Sign makes a notice's signature of the secret, Unix seconds and the body.
	Sign func(secret string, seconds int64, body []byte) []byte
}

// Fault is what goes wrong with the next notice, or the next answer.
type Fault string

const (
	// Lose never sends a notice.
	Lose Fault = "lose"
	// Double sends it twice.
	Double Fault = "double"
	// Hold keeps it until Release.
	Hold Fault = "hold"
	// DropAnswer does what was asked and breaks the connection before the answer.
	DropAnswer Fault = "drop_answer"
	// Refuse answers 503 and does nothing.
	Refuse Fault = "refuse"
	// Skip leaves the first credit out of a list.
	Skip Fault = "skip"
)

type account struct{ Number, Holder, Bank string }

type credit struct {
	ID        string    `json:"id"`
	Seq       int64     `json:"seq"`
	Account   string    `json:"account"`
	Payer     string    `json:"payer"`
	AmountFen int64     `json:"amount_fen"`
	BookedAt  time.Time `json:"booked_at"`

	returned int64
}

type giveBack struct {
	ID        string `json:"id"`
	Credit    string `json:"credit"`
	AmountFen int64  `json:"amount_fen"`
	Status    string `json:"status"`
	Reason    string `json:"reason,omitempty"`
}

// Server is the bank. Its methods are safe for concurrent use.
type Server struct {
	cfg    Config
	client *http.Client

	mu       sync.Mutex // guards all below
	notices  string
	accounts map[string]account // by key
	credits  []*credit
	returns  []*giveBack
	byKey    map[string]*giveBack
	faults   []Fault // of the next notices
	answers  []Fault // of the next answers
	endings  []giveBack
	held     [][]byte
	sent     int
}

// New opens an empty bank.
func New(c Config) (*Server, error) {
	if c.Key == "" || c.Secret == "" || c.Now == nil || c.Sign == nil {
		return nil, errors.New("bank: Key, Secret, Now or Sign is missing")
	}
	return &Server{
		cfg: c, client: &http.Client{Timeout: 10 * time.Second}, notices: c.NoticeURL, accounts: map[string]account{}, byKey: map[string]*giveBack{},
	}, nil
}

// SetNoticeURL tells where notices go from now on.
func (s *Server) SetNoticeURL(url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notices = url
}

// OnNotice decides how the next notices go, one each; OnAnswer the next answers of the API.
func (s *Server) OnNotice(f ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, f...)
}

// OnAnswer decides how the next answers of the API go, one each.
func (s *Server) OnAnswer(f ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers = append(s.answers, f...)
}

// OnReturn decides how the next returns end, one each: done, pending, or failed with a reason.
func (s *Server) OnReturn(status, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endings = append(s.endings, giveBack{Status: status, Reason: reason})
}

// Pay credits an account, whoever's it is, as a payer's transfer does, and sends a notice.
func (s *Server) Pay(ctx context.Context, account, payer string, amountFen int64) (id string, err error) {
	if amountFen <= 0 {
		return "", errors.New("bank: nothing is paid")
	}
	s.mu.Lock()
	c := &credit{ID: fmt.Sprintf("cr_%06d", len(s.credits)+1), Seq: int64(len(s.credits) + 1), Account: account, Payer: payer, AmountFen: amountFen, BookedAt: s.cfg.Now().UTC()}
	s.credits = append(s.credits, c)
	s.mu.Unlock()
	return c.ID, s.tell(ctx)
}

// Settle ends a return that is pending, and sends a notice.
func (s *Server) Settle(ctx context.Context, id, status, reason string) error {
	s.mu.Lock()
	i := slices.IndexFunc(s.returns, func(r *giveBack) bool { return r.ID == id && r.Status == "pending" })
	if i >= 0 {
		s.end(s.returns[i], status, reason)
	}
	s.mu.Unlock()
	if i < 0 {
		return fmt.Errorf("bank: no pending return %s", id)
	}
	return s.tell(ctx)
}

// end is called with the lock held.
func (s *Server) end(r *giveBack, status, reason string) {
	r.Status, r.Reason = status, reason
	if status != "failed" {
		return
	}
	for _, c := range s.credits {
		if c.ID == r.Credit {
			c.returned -= r.AmountFen
		}
	}
}

// Pending lists the returns that are on their way.
func (s *Server) Pending() (ids []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.returns {
		if r.Status == "pending" {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// Returned sums what was given back of a credit or is on its way back.
func (s *Server) Returned(id string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.credits {
		if c.ID == id {
			return c.returned
		}
	}
	return 0
}

// Release sends the notices that were held, the last first.
func (s *Server) Release(ctx context.Context) error {
	s.mu.Lock()
	held := s.held
	s.held = nil
	s.mu.Unlock()
	slices.Reverse(held)
	for _, body := range held {
		if err := s.send(ctx, body); err != nil {
			return err
		}
	}
	return nil
}

// tell sends a notice that something happened, or what OnNotice has in its place.
func (s *Server) tell(ctx context.Context) error {
	s.mu.Lock()
	s.sent++
	body := fmt.Appendf(nil, `{"id":"nt_%06d"}`, s.sent)
	var f Fault
	if len(s.faults) > 0 {
		f, s.faults = s.faults[0], s.faults[1:]
	}
	if f == Hold {
		s.held = append(s.held, body)
	}
	s.mu.Unlock()
	switch f { //nolint:exhaustive // the others are answers'
	case Lose, Hold:
		return nil
	case Double:
		if err := s.send(ctx, body); err != nil {
			return err
		}
	}
	return s.send(ctx, body)
}

func (s *Server) send(ctx context.Context, body []byte) error {
	s.mu.Lock()
	to, seconds := s.notices, s.cfg.Now().Unix()
	s.mu.Unlock()
	if to == "" {
		return nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Custodian-Signature", "t="+strconv.FormatInt(seconds, 10)+",v1="+hex.EncodeToString(s.cfg.Sign(s.cfg.Secret, seconds, body)))
	res, err := s.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode >= 300 {
		return fmt.Errorf("bank: the notice is answered %d", res.StatusCode)
	}
	return nil
}

// Handler serves the API.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/accounts", s.answer(s.openAccount))
	mux.HandleFunc("GET /v1/credits", s.answer(s.listCredits))
	mux.HandleFunc("POST /v1/returns", s.answer(s.makeReturn))
	mux.HandleFunc("GET /v1/returns/{id}", s.answer(s.readReturn))
	return mux
}

// refusal is an error that the API answers.
type refusal struct {
	status int
	code   string
}

func (r refusal) Error() string { return r.code }

// answer does one call under the lock, with the faults that were asked for.
func (s *Server) answer(do func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+s.cfg.Key {
			writeJSON(w, http.StatusUnauthorized, map[string]string{"code": "key_wrong"})
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, 1<<16)
		s.mu.Lock()
		var f Fault
		if len(s.answers) > 0 {
			f, s.answers = s.answers[0], s.answers[1:]
		}
		var out any
		err := error(refusal{http.StatusServiceUnavailable, "unavailable"})
		if f != Refuse {
			out, err = do(r)
		}
		if list, is := out.(*creditList); is && f == Skip && len(list.Items) > 0 {
			list.Items = list.Items[1:]
		}
		s.mu.Unlock()
		if f == DropAnswer {
			panic(http.ErrAbortHandler)
		}
		if no, is := errors.AsType[refusal](err); is {
			writeJSON(w, no.status, map[string]string{"code": no.code})
			return
		}
		if err != nil {
			writeJSON(w, http.StatusBadRequest, map[string]string{"code": "not_understood"})
			return
		}
		writeJSON(w, http.StatusOK, out)
	}
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the caller has gone
}

func (s *Server) openAccount(r *http.Request) (any, error) {
	var in struct {
		Key string `json:"key"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || strings.TrimSpace(in.Key) == "" {
		return nil, errors.New("no key")
	}
	a, known := s.accounts[in.Key]
	if !known {
		a = account{Number: fmt.Sprintf("9558 8000 %04d %04d", len(s.accounts)/10000, len(s.accounts)%10000+1), Holder: "示范法院案款托管户", Bank: "示范托管银行（不动真钱）"}
		s.accounts[in.Key] = a
	}
	return map[string]string{"number": a.Number, "holder": a.Holder, "bank": a.Bank}, nil
}

// creditList is a page of the list.
type creditList struct {
	Items []credit `json:"items"`
	More  bool     `json:"more"`
}

func (s *Server) listCredits(r *http.Request) (any, error) {
	after, err := strconv.ParseInt(r.URL.Query().Get("after"), 10, 64)
	limit, err2 := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil || err2 != nil || after < 0 || limit < 1 || limit > 100 {
		return nil, errors.New("no such page")
	}
	rest := s.credits[min(after, int64(len(s.credits))):]
	page := make([]credit, 0, limit)
	for _, c := range rest[:min(limit, len(rest))] {
		page = append(page, *c)
	}
	return &creditList{page, len(rest) > limit}, nil
}

func (s *Server) makeReturn(r *http.Request) (any, error) {
	var in struct {
		Key       string `json:"key"`
		Credit    string `json:"credit"`
		AmountFen int64  `json:"amount_fen"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.Key == "" || in.AmountFen <= 0 {
		return nil, errors.New("no return")
	}
	if made := s.byKey[in.Key]; made != nil {
		if made.Credit != in.Credit || made.AmountFen != in.AmountFen {
			return nil, refusal{http.StatusConflict, "key_reused"}
		}
		return *made, nil
	}
	i := slices.IndexFunc(s.credits, func(c *credit) bool { return c.ID == in.Credit })
	switch {
	case i < 0:
		return nil, refusal{http.StatusNotFound, "not_found"}
	case s.credits[i].returned+in.AmountFen > s.credits[i].AmountFen:
		return nil, refusal{http.StatusConflict, "return_too_large"}
	}
	made := &giveBack{ID: fmt.Sprintf("rt_%06d", len(s.returns)+1), Credit: in.Credit, AmountFen: in.AmountFen, Status: "done"}
	s.credits[i].returned += in.AmountFen
	s.returns, s.byKey[in.Key] = append(s.returns, made), made
	if len(s.endings) > 0 {
		s.end(made, s.endings[0].Status, s.endings[0].Reason)
		s.endings = s.endings[1:]
	}
	return *made, nil
}

func (s *Server) readReturn(r *http.Request) (any, error) {
	for _, made := range s.returns {
		if made.ID == r.PathValue("id") {
			return *made, nil
		}
	}
	return nil, refusal{http.StatusNotFound, "not_found"}
}
