// Package house wires the packages into one running Mingchui: who gets which
// pool, who implements the small interfaces that others state, which handler
// fulfils which duty, and what runs in which role. serve, demo and the tests
// open the same house; what differs is configuration.
package house
