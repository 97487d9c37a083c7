package standin

import (
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"mingchui/auction/money"
)

//go:embed assets
var assets embed.FS

// pages renders what payers see.
type pages struct{ tmpl *template.Template }

func newPages() (*pages, error) {
	t, err := template.ParseFS(assets, "assets/*.html")
	if err != nil {
		return nil, fmt.Errorf("standin: read page: %w", err)
	}
	return &pages{t}, nil
}

// view is what the page shows.
type view struct {
	W               words
	ID, Status      string // open, complete, expired, unknown
	Again, Declined bool   // paid already and posted again; declined just now
	Lines           []lineView
	Amount, InWords string
	Site            string // of the payee, by its address
	Methods         []methodView
	Card            bool
	Hold            bool
	Back            string // where the payer goes from here
}

type lineView struct{ Name, Description, Amount string }

type methodView struct {
	ID, Name string
	First    bool
}

func yuan(fen int64) string { return "¥" + money.Fen(fen).Yuan() }

func (s *Server) pageRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /c/pay/{id}", s.showPage)
	mux.HandleFunc("POST /c/pay/{id}", s.postPage)
	for name, typ := range map[string]string{"standin.css": "text/css; charset=utf-8", "mark.svg": "image/svg+xml"} {
		mux.HandleFunc("GET /c/"+name, func(w http.ResponseWriter, _ *http.Request) {
			b, err := assets.ReadFile("assets/" + name)
			if err != nil {
				http.Error(w, "", http.StatusInternalServerError)
				return
			}
			w.Header().Set("Content-Type", typ)
			w.Header().Set("Cache-Control", "max-age=300")
			_, _ = w.Write(b)
		})
	}
}

func (s *Server) showPage(w http.ResponseWriter, r *http.Request) {
	s.Sweep() // a page that is past its time shows as such at once
	s.mu.Lock()
	row := s.state.sessions.rows[r.PathValue("id")]
	s.mu.Unlock()
	if row == nil {
		s.render(w, http.StatusNotFound, view{W: wordsFor(r, ""), Status: "unknown"})
		return
	}
	v := s.viewOf(row, wordsFor(r, row.Locale))
	v.Declined = r.URL.Query().Has("declined") && v.Status == "open"
	s.render(w, http.StatusOK, v)
}

// postPage takes outcome=succeed|decline|abandon, and where wanted method and
// refunds, and sends the payer on with 303: to success_url, back to the page,
// to cancel_url.
func (s *Server) postPage(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	outcome := Outcome(r.PostFormValue("outcome"))
	row, err := s.pay(r.PathValue("id"), Payer{Outcome: outcome, Method: r.PostFormValue("method"), Refunds: r.PostFormValue("refunds")})
	switch {
	case errors.Is(err, errNoSession):
		s.render(w, http.StatusNotFound, view{W: wordsFor(r, ""), Status: "unknown"})
	case errors.Is(err, errNotOpen):
		v := s.viewOf(&row, wordsFor(r, row.Locale))
		v.Again = true
		s.render(w, http.StatusConflict, v)
	case errors.Is(err, errChoice):
		s.render(w, http.StatusBadRequest, s.viewOf(&row, wordsFor(r, row.Locale)))
	case err != nil:
		http.Error(w, "503", http.StatusServiceUnavailable)
	case outcome == Succeed:
		redirect(w, s.afterwards(row.SuccessURL, row.ID))
	case outcome == Abandon && row.CancelURL != "":
		redirect(w, s.afterwards(row.CancelURL, row.ID))
	default:
		// As at Stripe, a declined payer stays and may try again.
		redirect(w, s.pageOf(&row)+"?declined=1")
	}
}

func redirect(w http.ResponseWriter, to string) {
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
}

// pageOf is where a session's page is now; the address may have changed since
// it was made.
func (s *Server) pageOf(r *sessionRow) string {
	if s.cfg.PublicURL == "" {
		return r.URL
	}
	return s.cfg.PublicURL + "/c/pay/" + r.ID
}

// afterwards is where a payer goes on to.
func (s *Server) afterwards(target, sessionID string) string {
	target = strings.ReplaceAll(target, "{CHECKOUT_SESSION_ID}", sessionID)
	site, err1 := url.Parse(s.cfg.SiteURL)
	u, err2 := url.Parse(target)
	if err1 != nil || err2 != nil || site.Host == "" || u.Host == "" {
		return target
	}
	u.Scheme, u.Host = site.Scheme, site.Host
	return u.String()
}

func (s *Server) viewOf(r *sessionRow, w words) view {
	v := view{W: w, ID: r.ID, Status: r.Status, Amount: yuan(r.Amount), Hold: r.CaptureMethod == "manual"}
	if w.Lang != "en" {
		v.InWords = money.Fen(r.Amount).Words()
	}
	for _, l := range r.Lines {
		name := l.Name
		if l.Quantity > 1 {
			name = fmt.Sprintf("%s × %d", l.Name, l.Quantity)
		}
		v.Lines = append(v.Lines, lineView{name, l.Description, yuan(l.UnitAmount * l.Quantity)})
	}
	for i, m := range r.Methods {
		v.Methods = append(v.Methods, methodView{m, w.method(m), i == 0})
		v.Card = v.Card || m == "card"
	}
	back := r.CancelURL
	if r.Status == "complete" {
		back = r.SuccessURL
	}
	v.Back = s.afterwards(back, r.ID)
	if u, err := url.Parse(s.afterwards(r.SuccessURL, r.ID)); err == nil {
		v.Site = u.Host
	}
	return v
}

func (s *Server) render(w http.ResponseWriter, status int, v view) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", v.W.Lang)
	h.Set("Vary", "Accept-Language")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	if err := s.page.tmpl.ExecuteTemplate(w, "pay.html", v); err != nil {
		s.log.Warn("payment page not written", "error", err.Error())
	}
}
