// Package chaos hurts real servers while they are bid on, and holds what bidders were told against what the servers then
// publish: `make chaos`.
//
// Each stage (stages.go) is a set of private servers with two lots: one whose end is a day away, and one that bids hold open
// in its closing window, so that every fault also falls into the last minutes of a sale. Faults (faults*.go) strike one after
// the other, each only when enough bids were acknowledged since the one before. Then the closing lot is let close, and the
// verdict (verdict.go) is that of three judges who share no code with what decided: porcupine over the whole history of each
// lot against its public record (I1, I3), the auditor over the log, and fsck over the rows.
//
// The same judges must catch servers that are built wrong: builds.go plants one defect at a time into a copy of the source
// that the compiler is given instead (go build -overlay). The source itself holds no switch.
//
// It owns the faults, the relays between servers, and the table. It does not own servers and sales (package stage, deploy/local),
// bidders (package load), nor the judging of a history (package judge).
package chaos
