package audit

import "time"

// The kinds of entries of draws between equals (R10p, R16d): the list, the opening that ends the wait, the draw.
const (
	KindDrawListed = "draw.listed"
	KindDrawOpened = "draw.opened"
	KindDrawMade   = "draw.made"
)

// DrawListed is the body of draw.listed. Purpose is takers (the entry names the lot, Rank the creditors' rank) or appraisers
// (Asset is the property). OpensAt is before which the value is not opened; Commitment is draw.Commitment. Previous is the
// draw of firms before, with the hash of the reason for another. Candidates are in the order of their ids.
type DrawListed struct {
	Draw       string          `json:"draw"`
	Purpose    string          `json:"purpose"`
	Rank       int             `json:"rank,omitempty"`
	Asset      string          `json:"asset,omitempty"`
	Previous   string          `json:"previous,omitempty"`
	ReasonHash string          `json:"reason_hash,omitempty"`
	OpensAt    time.Time       `json:"opens_at"`
	Commitment string          `json:"commitment"`
	Candidates []DrawCandidate `json:"candidates"`
}

// DrawCandidate is a creditor by the number of its offer, or a firm by its full name.
type DrawCandidate struct {
	Candidate string `json:"candidate"`
	No        int    `json:"no,omitempty"`
	Firm      string `json:"firm,omitempty"`
}

// DrawOpened is the body of draw.opened: Nonce, in lower-case hex, is what the list committed to. The root of the tree that ends
// with this entry is the draw's value.
type DrawOpened struct {
	Draw  string `json:"draw"`
	Nonce string `json:"nonce"`
}

// DrawMade is the body of draw.made: the value, by the size of its tree and the root in lower-case hex, and the candidates in the
// order that it gives.
type DrawMade struct {
	Draw  string   `json:"draw"`
	Size  int64    `json:"size"`
	Root  string   `json:"root"`
	Order []string `json:"order"`
}
