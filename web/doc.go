// Package web is the door: one HTTP handler for pages, API, log and event
// streams, one for the operators.
//
// It owns who may call what (roles.go, one table of role × route), the gate that
// every request passes (request id, headers, sign-in, role, cross-site check,
// body limit, access log), the mounting of routes and the rendering of errors. It
// does not own what the calls do (web/api, web/live, web/pages), who somebody is
// (web/account), nor the wording of refusals (web/problem, web/words).
//
// A route that is missing from the table, or a line of it without a route,
// stops the start. No line of the access log holds a person's address, account or
// code, a query or a body.
package web
