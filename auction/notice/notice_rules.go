package notice

import (
	"time"

	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
)

// Outcome is what became of a notice.
type Outcome string

// The outcomes.
const (
	Served      Outcome = "served"
	Unreachable Outcome = "unreachable"
	Waived      Outcome = "waived"
)

// Way is how a notice was served.
type Way string

// The ways of service; Left is service by leaving it at the recipient's.
const (
	InPerson   Way = "in_person"
	Left       Way = "left"
	Post       Way = "post"
	Electronic Way = "electronic"
	Entrusted  Way = "entrusted"
)

// Ways lists them.
func Ways() []Way { return []Way{InPerson, Left, Post, Electronic, Entrusted} }

func (w Way) words() docket.Text {
	switch w {
	case InPerson:
		return docket.Text{Zh: "直接送达", En: "Served in person"}
	case Left:
		return docket.Text{Zh: "留置送达", En: "Served by leaving it at the recipient's"}
	case Post:
		return docket.Text{Zh: "邮寄送达", En: "Served by post"}
	case Electronic:
		return docket.Text{Zh: "电子送达", En: "Served electronically"}
	case Entrusted:
		return docket.Text{Zh: "委托送达", En: "Served by another court"}
	}
	return docket.Text{}
}

// check holds what a notice must say; now is when it is recorded.
//
// Faults: invalid_request (outcome, way, served_at, sent_at, proof, proof_note), reason_required.
func (n *Notice) check(now time.Time) error {
	bad := func(field string) error {
		return fault.New(fault.Invalid, fault.InvalidRequest).InField(field).ByRule("R16")
	}
	if n.Outcome != Unreachable && !audit.IsHash(n.Proof) || n.Proof != "" && !audit.IsHash(n.Proof) {
		return bad("proof")
	}
	if (n.ProofNote.Zh == "") != (n.ProofNote.En == "") || len(n.ProofNote.Zh) > 2000 || len(n.ProofNote.En) > 2000 {
		return bad("proof_note")
	}
	switch n.Outcome {
	case Served:
		switch {
		case n.Way.words().IsZero():
			return bad("way")
		case n.ServedAt.IsZero(), n.ServedAt.After(now):
			return bad("served_at")
		case n.SentAt.After(n.ServedAt):
			return bad("sent_at")
		}
		return nil
	case Unreachable:
		if n.Reason.Zh == "" || n.Reason.En == "" || len(n.Reason.Zh) > 2000 || len(n.Reason.En) > 2000 {
			return fault.New(fault.Invalid, fault.ReasonRequired).InField("reason").ByRule("R16")
		}
		return nil
	case Waived:
		return nil
	}
	return bad("outcome")
}

// inDocument is the notice as the announcement prints it.
func (n *Notice) inDocument(now time.Time) docket.Notification {
	day := func(t time.Time) docket.Date { return docket.Date(t.In(law.CourtTime()).Format(time.DateOnly)) }
	switch n.Outcome {
	case Served:
		return docket.Notification{On: day(n.ServedAt), How: n.Way.words()}
	case Unreachable:
		return docket.Notification{ReasonNot: n.Reason, PublishedOn: day(now)}
	case Waived:
	}
	return docket.Notification{Waived: true}
}
