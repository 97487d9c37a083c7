// Package fault holds the one error type of Mingchui: a kind for machines that
// route, a stable code for machines that act, and the rule that was touched.
//
// It owns the kinds and the list of codes. It does not own their wording: the
// web layer renders a code in the reader's language from its catalogue.
package fault
