// Package problem is the one place that turns an error into what a client
// reads: an RFC 9457 problem document with the code, its wording in the reader's
// language, the field, the rule and the article.
//
// It owns the status of each kind of fault and the shape of the document. It
// does not own the codes (auction/fault), their wording (web/words), nor the HTML
// page that shows a problem to a person (web/pages).
//
// An error that is none of ours becomes a bare 500; its cause is logged by the
// server and never shown.
package problem
