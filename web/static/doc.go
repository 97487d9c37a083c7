// Package static holds what browsers load beside pages: one stylesheet, the
// icons, small ES modules and the survey drawings, and serves them.
//
// Every address carries the hash of the whole set, so that modules may import
// one another by relative paths and answers never go stale: /static/{hash}/{name}.
// Each file is compressed once, at start. The package owns nothing that changes.
package static
