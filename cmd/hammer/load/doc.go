// Package load bids on one lot over many keep-alive connections, as fast as the server answers or until it is told to stop,
// and keeps what was asked and answered outside the server.
//
// It owns: a lean HTTP/1.1 client (one request's bytes, one read, no net/http), the amounts that its bidders offer, counts,
// latencies, the history. It does not own: making lots and sessions (package bench, or the caller), judging a history
// (package judge).
//
// The same client drives the server and the peers it is compared with, so that its own cost is small and the same for all.
// It goes to loopback addresses alone, and a run is bounded by time or by count.
package load
