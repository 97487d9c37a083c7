// Package api is the public HTTP contract (openapi.yaml): each call is a Route
// with its handler, and requests are checked against the document before a
// handler runs.
//
// It owns the document, the checking of requests, the idempotent answers
// (table idempotency) and the handlers. It does not own who may call what
// (web/roles.go), the wording of refusals (web/problem, web/words), nor any rule of
// a sale: a handler reads a request, calls one use case, writes its answer.
//
// A refused request has changed nothing.
package api
