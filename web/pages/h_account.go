package pages

import (
	"net/http"
	"net/url"

	"mingchui/web/account"
)

func (s *Site) signInForm(r *Request) error {
	r.P.Title, r.P.NoIndex = r.P.T("signin.heading"), true
	return r.show(http.StatusOK, SignInPage(r.P, SignInView{Next: localPath(r.URL.Query().Get("next"))}))
}

func (s *Site) signIn(r *Request) error {
	if err := r.form(); err != nil {
		return err
	}
	v := SignInView{Login: r.PostForm.Get("login"), Next: localPath(r.PostForm.Get("next"))}
	id, err := s.Accounts.Check(r.Context(), v.Login, r.PostForm.Get("password"), r.Visitor.Address)
	if err == nil {
		err = s.Accounts.SignIn(r.W, r.Request, id)
	}
	if err != nil {
		status, ok := refusal(err)
		if !ok {
			return err
		}
		v.Errors = ErrorsOf(r.P.W, err, "login", "password")
		r.P.Title, r.P.NoIndex = r.P.T("signin.heading"), true
		return r.show(status, SignInPage(r.P, v))
	}
	return r.seeOther(afterSignIn(v.Next, id.Role))
}

// afterSignIn is the desk of the role when nothing else was asked for.
func afterSignIn(next string, role account.Role) string {
	if next != "/" {
		return next
	}
	switch role {
	case account.Judge:
		return "/bench"
	case account.Finance:
		return "/funds"
	case account.Bidder:
		return "/me"
	case account.Clerk, account.Inspector, account.Operator:
	}
	return "/"
}

func (s *Site) signOut(r *Request) error {
	if err := s.Accounts.SignOut(r.W, r.Request); err != nil {
		return err
	}
	return r.seeOther("/")
}

func (s *Site) registerForm(r *Request) error {
	r.P.Title, r.P.NoIndex = r.P.T("register.heading"), true
	return r.show(http.StatusOK, RegisterPage(r.P, RegisterView{Next: localPath(r.URL.Query().Get("next"))}))
}

func (s *Site) register(r *Request) error {
	if err := r.form(); err != nil {
		return err
	}
	f := r.PostForm
	v := RegisterView{Login: f.Get("login"), RealName: f.Get("real_name"), Next: localPath(f.Get("next"))}
	made, err := s.Accounts.Register(r.Context(), account.Registration{
		Login: v.Login, Password: f.Get("password"), RealName: v.RealName, IDNumber: f.Get("id_number"), Language: r.P.W.Lang(), Address: r.Visitor.Address,
	})
	if err == nil {
		err = s.Accounts.SignIn(r.W, r.Request, account.Identity{ID: made.ID, Role: made.Role, Login: made.Login, Language: made.Language})
	}
	if err != nil {
		status, ok := refusal(err)
		if !ok {
			return err
		}
		v.Errors = ErrorsOf(r.P.W, err, "login", "password", "real_name", "id_number")
		r.P.Title, r.P.NoIndex = r.P.T("register.heading"), true
		return r.show(status, RegisterPage(r.P, v))
	}
	return r.seeOther(afterSignIn(v.Next, made.Role))
}

// revoke ends one session of the account, or all of them.
func (s *Site) revoke(r *Request) error {
	if err := r.form(); err != nil {
		return err
	}
	me := r.Visitor.Identity.ID
	id := r.PostForm.Get("revoke")
	if id == "all" {
		if err := s.Accounts.SignOutEverywhere(r.Context(), me); err != nil {
			return err
		}
		return r.seeOther("/sign-in")
	}
	if err := s.Accounts.RevokeSession(r.Context(), me, id); err != nil {
		return err
	}
	if id == s.Accounts.Current(r.Request) {
		return r.seeOther("/sign-in")
	}
	return r.seeOther("/me?" + url.Values{"done": {"revoked"}}.Encode())
}
