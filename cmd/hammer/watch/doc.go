// Package watch is a crowd: thousands of readers of a lot's event stream, in one process, that count what comes, how
// late, and whether anything is missing.
//
// Crowd speaks plain HTTP/1.1. All connections hang on one epoll (so it is for Linux), and the crowd costs the machine little
// beside the server that is measured. It goes to loopback addresses alone, and from several of them: one has ports for 28,000
// connections.
//
// Secure is a smaller crowd that speaks TLS and HTTP/2, with the standard library's client.
//
// A delay is from accepted_at, as the event says it, to the moment its bytes were read here, by the same machine's clock.
package watch
