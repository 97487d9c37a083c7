package audit

import "time"

// The kinds of entries about property on its way to the buyer and what was stated of it.
const (
	KindHandoverStep    = "lot.handover_step"
	KindHandoverNote    = "lot.handover_note"
	KindStatementMarked = "statement.marked"
	KindDocumentsErased = "lot.documents_erased"
)

// HandoverStep is the body of lot.handover_step: a step on the way to the buyer was done or skipped (R20r). Outcome is left or
// stayed where a deadline to vacate ended. NoteHash is of the court's record, which may name persons.
type HandoverStep struct {
	Step     string    `json:"step"`
	State    string    `json:"state"`
	Outcome  string    `json:"outcome,omitempty"`
	DueAt    time.Time `json:"due_at"`
	Late     bool      `json:"late"`
	NoteHash string    `json:"note_hash,omitempty"`
}

// HandoverNote is the body of lot.handover_note: a correction beside a settled step.
type HandoverNote struct {
	Step     string `json:"step"`
	NoteHash string `json:"note_hash"`
}

// StatementMarked is the body of statement.marked: what the buyer found of one fact of the announcement at the handing over. The
// reason stays with the court.
type StatementMarked struct {
	Statement  string `json:"statement"`
	TextHash   string `json:"text_hash"`
	True       bool   `json:"true"`
	ReasonHash string `json:"reason_hash,omitempty"`
}

// DocumentsErased is the body of lot.documents_erased: names and texts beside the log that went after their ten years (R29), by
// the hashes that stay of them.
type DocumentsErased struct {
	Hashes []string `json:"hashes"`
}
