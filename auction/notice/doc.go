// Package notice keeps how a sale was made known to those whom the law wants told (R16): the parties of the case, known
// priority purchasers, holders of security rights.
//
// A notice was served, with its proof; or its recipient waived it in writing; or it cannot be served, and then the recipient is
// named on the platform with the reason, of which five days are notice. Each is a row, a step on the trail, an entry in the
// log, and stands in the draft's document at once, where the announcement's check (auction/announce_notices.go) finds it; the
// terms stay as they are, so the votes hold.
//
// It owns the table notices and the public list of who could not be told. It does not own the rule's periods, which the
// announcement holds, nor the letters, which auction/papers writes.
package notice
