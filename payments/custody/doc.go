// Package custody speaks to a custodian bank, which takes large sums in CNY where Stripe cannot: its pages take 999,999.99 yuan at
// once, and its bank transfers take no CNY.
//
// The bank gives each deposit or balance an account number of its own, so that a transfer needs no words to find its place and no
// person of the court sees who paid (R18). It lists what was credited in one order without gaps, sends signed notices that something
// happened, and pays back to where a credit came from.
//
// It owns the types and the client of one plain protocol (JSON over HTTP), which the stand-in (custody/bank) speaks; another bank
// is another implementation of payments.Provider. It does not own what a credit is for: payments knows.
//
// A notice proves that something happened and nothing else: what is true is listed or fetched anew. Every request that moves or
// makes something carries a key that was committed before the call; the same key gives the first answer again.
package custody
