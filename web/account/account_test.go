package account_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"mingchui/auction/clock"
	"mingchui/auction/fault"
	"mingchui/deploy/local/testserver"
	"mingchui/web/account"
)

// cheap costs make the tests fast; the bounds are what is tried.
func cheap() account.HashParams {
	return account.HashParams{MemoryKiB: 64, Iterations: 1, AtOnce: 2, MaxWaiting: 64}
}

type world struct {
	*account.Service
	redis redis.UniversalClient
	clock *clock.Stepped
	limit account.Limits
}

func start(t *testing.T, limits account.Limits) world {
	t.Helper()
	c := clock.NewStepped(time.Now())
	r := testserver.Redis(t)
	s, err := account.New(account.Config{Pool: testserver.Postgres(t), Redis: r, Clock: c, Hash: cheap(), Limits: limits, Secure: true})
	if err != nil {
		t.Fatal(err)
	}
	return world{Service: s, redis: r, clock: c, limit: limits}
}

func (w world) register(t *testing.T, login string) account.Identity {
	t.Helper()
	if _, err := w.Register(t.Context(), account.Registration{Login: login, Password: "long enough 1", RealName: "张三", Address: "192.0.2.1"}); err != nil {
		t.Fatal(err)
	}
	id, err := w.Check(t.Context(), login, "long enough 1", "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestRegisterRefuses(t *testing.T) {
	t.Parallel()
	w := start(t, account.Limits{})
	w.register(t, "Wang.Wei")
	for _, c := range []struct {
		login, password, language string
		code                      fault.Code
		field                     string
	}{
		{"ab", "long enough 1", "", fault.InvalidRequest, "login"},
		{"has space", "long enough 1", "", fault.InvalidRequest, "login"},
		{"zhao", "short", "", fault.PasswordWeak, "password"},
		{"zhao", "Password123", "", fault.PasswordWeak, "password"},
		{"zhao", "aaaaaaaaaaaa", "", fault.PasswordWeak, "password"},
		{"zhaozhao", "ZhaoZhao", "", fault.PasswordWeak, "password"},
		{"zhao", strings.Repeat("长", 129), "", fault.PasswordWeak, "password"},
		{"zhao", "long enough 1", "fr", fault.InvalidRequest, "language"},
		{"wang.wei", "long enough 1", "", fault.LoginTaken, "login"},
	} {
		_, err := w.Register(t.Context(), account.Registration{Login: c.login, Password: c.password, Language: c.language})
		f, ok := errors.AsType[*fault.Error](err)
		if !ok || f.Code != c.code || f.Field != c.field {
			t.Errorf("%s %s: %v, want %s in %s", c.login, c.password, err, c.code, c.field)
		}
	}
	if _, err := w.Create(t.Context(), account.Staff{Login: "judge1", Password: "long enough 1", Role: account.Judge}); fault.CodeOf(err) != fault.InvalidRequest {
		t.Errorf("a judge without a court: %v", err)
	}
	if _, err := w.Create(t.Context(), account.Staff{Login: "op", Password: "x", Role: account.Operator, AnyPassword: true}); fault.CodeOf(err) != fault.InvalidRequest {
		t.Errorf("a login of two letters: %v", err)
	}
	if _, err := w.Create(t.Context(), account.Staff{Login: "operator1", Password: "x", Role: account.Operator, AnyPassword: true}); err != nil {
		t.Errorf("an operator with a chosen password: %v", err)
	}
}

// An unknown login answers as a known one with a wrong password does, and both are counted alike.
func TestSignInTellsNothingOfLogins(t *testing.T) {
	t.Parallel()
	w := start(t, account.Limits{SignInPerLogin: redis_rate.PerHour(3)})
	w.register(t, "known")
	for _, login := range []string{"known", "unknown"} {
		for i := range 5 {
			_, err := w.Check(t.Context(), login, "wrong password", "192.0.2.1")
			want := fault.CredentialsWrong
			if i >= 3 {
				want = fault.RateExceeded
			}
			f, ok := errors.AsType[*fault.Error](err)
			if !ok || f.Code != want || (want == fault.RateExceeded) != (f.RetryAfter > 0) {
				t.Errorf("%s, try %d: %v, want %s", login, i+1, err, want)
			}
		}
	}
	if _, err := w.Check(t.Context(), "known", "long enough 1", "192.0.2.1"); fault.CodeOf(err) != fault.RateExceeded {
		t.Errorf("the right password passes a spent limit: %v", err)
	}
}

func TestRightPasswordGivesTriesBack(t *testing.T) {
	t.Parallel()
	w := start(t, account.Limits{SignInPerLogin: redis_rate.PerHour(2)})
	w.register(t, "known")
	for range 6 {
		if _, err := w.Check(t.Context(), "KNOWN", "long enough 1", "192.0.2.1"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	w := start(t, account.Limits{})
	id := w.register(t, "token.holder")
	token, expires, err := w.IssueToken(t.Context(), id.ID)
	if err != nil {
		t.Fatal(err)
	}
	got, err := w.ByToken(t.Context(), token)
	if err != nil || got != id || got.Role != account.Bidder {
		t.Fatalf("token belongs to %+v, %v; want %+v", got, err, id)
	}
	second, _, err := w.IssueToken(t.Context(), id.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.RevokeToken(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{second, "", token + "x", "nonsense"} {
		if _, err := w.ByToken(t.Context(), bad); fault.CodeOf(err) != fault.SignInRequired {
			t.Errorf("token %q: %v", bad, err)
		}
	}
	w.clock.To(expires)
	if _, err := w.ByToken(t.Context(), token); fault.CodeOf(err) != fault.SignInRequired {
		t.Errorf("an expired token: %v", err)
	}
}

// browser keeps cookies as a browser does.
type browser struct {
	cookies map[string]string
	agent   string
}

func (b *browser) request(t *testing.T) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	for k, v := range b.cookies {
		r.AddCookie(&http.Cookie{Name: k, Value: v})
	}
	r.Header.Set("User-Agent", b.agent)
	return r
}

func (b *browser) do(t *testing.T, f func(http.ResponseWriter, *http.Request) error) []*http.Cookie {
	t.Helper()
	rec := httptest.NewRecorder()
	if err := f(rec, b.request(t)); err != nil {
		t.Fatal(err)
	}
	set := rec.Result().Cookies()
	for _, c := range set {
		if b.cookies == nil {
			b.cookies = map[string]string{}
		}
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c.Value
		}
	}
	return set
}

func (b *browser) signIn(t *testing.T, w world, id account.Identity) []*http.Cookie {
	t.Helper()
	return b.do(t, func(rw http.ResponseWriter, r *http.Request) error { return w.SignIn(rw, r, id) })
}

func (b *browser) who(t *testing.T, w world) uuid.UUID {
	t.Helper()
	id, _, err := w.BySession(b.request(t))
	if err != nil {
		t.Fatal(err)
	}
	return id.ID
}

func TestBrowserSessions(t *testing.T) {
	t.Parallel()
	w := start(t, account.Limits{})
	id, other := w.register(t, "first"), w.register(t, "second")
	var a, b, c browser
	a.agent, b.agent = "Firefox", "Chromium"
	set := a.signIn(t, w, id)
	if len(set) != 1 || !set[0].HttpOnly || !set[0].Secure || set[0].SameSite != http.SameSiteLaxMode || set[0].Name != "__Host-mc_session" {
		t.Fatalf("cookie is %+v", set)
	}
	b.signIn(t, w, id)
	c.signIn(t, w, other)
	if a.who(t, w) != id.ID || b.who(t, w) != id.ID || c.who(t, w) != other.ID {
		t.Fatal("a browser is signed in as somebody else")
	}
	list, err := w.Sessions(t.Context(), id.ID)
	if err != nil || len(list) != 2 || list[0].Agent != "Chromium" || list[1].Agent != "Firefox" {
		t.Fatalf("sessions are %+v, %v", list, err)
	}
	if list[0].ID != w.Current(b.request(t)) {
		t.Errorf("the newest session %s is not the browser's own %s", list[0].ID, w.Current(b.request(t)))
	}
	if err := w.RevokeSession(t.Context(), other.ID, list[0].ID); fault.CodeOf(err) != fault.NotFoundCode {
		t.Errorf("somebody else's session can be revoked: %v", err)
	}
	if err := w.RevokeSession(t.Context(), id.ID, list[0].ID); err != nil {
		t.Fatal(err)
	}
	if b.who(t, w) != uuid.Nil || a.who(t, w) != id.ID {
		t.Error("the revoked session lives, or the other one ended")
	}
	b.signIn(t, w, id)
	token, _, err := w.IssueToken(t.Context(), id.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.SignOutEverywhere(t.Context(), id.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.ByToken(t.Context(), token); fault.CodeOf(err) != fault.SignInRequired {
		t.Errorf("the token lives on: %v", err)
	}
	if a.who(t, w) != uuid.Nil || b.who(t, w) != uuid.Nil || c.who(t, w) != other.ID {
		t.Error("signing out everywhere left a session, or ended another account's")
	}
}

// A sign-in never keeps the token that the browser brought (fixation), and a
// dump of Redis holds no token.
func TestSessionTokenIsRenewedAndHashed(t *testing.T) {
	t.Parallel()
	w := start(t, account.Limits{})
	id, other := w.register(t, "first"), w.register(t, "second")
	var b browser
	b.signIn(t, w, id)
	old := browser{cookies: map[string]string{"__Host-mc_session": b.cookies["__Host-mc_session"]}}
	b.signIn(t, w, other)
	if b.cookies["__Host-mc_session"] == old.cookies["__Host-mc_session"] || old.who(t, w) != uuid.Nil || b.who(t, w) != other.ID {
		t.Error("the old token still signs in")
	}
	fixed := browser{cookies: map[string]string{"__Host-mc_session": "chosen-by-somebody-else"}}
	fixed.signIn(t, w, id)
	if fixed.cookies["__Host-mc_session"] == "chosen-by-somebody-else" {
		t.Error("a token chosen by somebody else was kept")
	}
	keys, err := w.redis.Keys(t.Context(), "*").Result()
	if err != nil || len(keys) == 0 {
		t.Fatal(keys, err)
	}
	for _, k := range keys {
		dump, err := w.redis.Dump(t.Context(), k).Result()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(k+dump, b.cookies["__Host-mc_session"]) {
			t.Errorf("key %s holds the token", k)
		}
	}
	b.do(t, w.SignOut)
	if b.who(t, w) != uuid.Nil || len(b.cookies) != 0 {
		t.Error("signing out left the session or its cookie")
	}
}

// However many sign in at once, each gets an answer and the computations stay bounded.
func TestManySignInsAtOnce(t *testing.T) {
	t.Parallel()
	w := start(t, account.Limits{SignInPerLogin: redis_rate.PerSecond(10000), SignInPerAddress: redis_rate.PerSecond(10000)})
	w.register(t, "busy")
	var wg sync.WaitGroup
	errs := make(chan error, 200)
	for i := range 200 {
		wg.Go(func() {
			_, err := w.Check(t.Context(), "busy", "long enough 1", fmt.Sprintf("192.0.2.%d", i))
			errs <- err
		})
	}
	wg.Wait()
	close(errs)
	var in int
	for err := range errs {
		switch {
		case err == nil:
			in++
		case fault.KindOf(err) == fault.Unavailable:
		default:
			t.Error(err)
		}
	}
	if in < 64 {
		t.Errorf("only %d of 200 signed in", in)
	}
}

func TestPasswordsAreArgon2id(t *testing.T) {
	t.Parallel()
	pool := testserver.Postgres(t)
	s, err := account.New(account.Config{Pool: pool, Redis: testserver.Redis(t), Clock: clock.Real{}})
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.Register(t.Context(), account.Registration{Login: "default", Password: "long enough 1"})
	if err != nil {
		t.Fatal(err)
	}
	var hash []byte
	if err := pool.QueryRow(t.Context(), `SELECT password_hash FROM accounts WHERE id = $1`, a.ID).Scan(&hash); err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(hash, []byte("$argon2id$v=19$m=19456,t=2,p=1$")) {
		t.Errorf("hash is %s", hash)
	}
}
