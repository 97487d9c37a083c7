// Package pages renders what people see: every page in Chinese and English,
// on the server, readable and usable without JavaScript (experience.md).
//
// It owns the templates (templ), the view structs that feed them, the forms and
// their handlers. It does not own sessions and roles (web), nor any rule: a
// handler reads a form, calls one use case and redirects, or shows the
// refusal at its field. What a page shows is made ready in a view struct, so
// that the storybook can draw every state without a database.
//
// R18: no page before the end joins a bidder code to an account. The desk /me
// shows no codes of running lots; the live room knows a code from its bidding
// session alone and shows no account.
package pages
