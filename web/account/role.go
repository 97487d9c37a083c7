package account

import "github.com/google/uuid"

// Role is what an account is for; it has exactly one.
type Role string

// The roles, as accounts.role holds them.
const (
	Bidder    Role = "bidder"
	Judge     Role = "judge"
	Clerk     Role = "clerk"
	Finance   Role = "finance"
	Inspector Role = "inspector"
	Operator  Role = "operator"
)

// Roles lists all roles.
func Roles() []Role { return []Role{Bidder, Judge, Clerk, Finance, Inspector, Operator} }

// Staff reports whether the role belongs to the court or the platform; such an
// account may not bid (R34).
func (r Role) Staff() bool { return r != Bidder }

// Identity is a known caller. The zero value is nobody.
type Identity struct {
	ID   uuid.UUID
	Role Role
	// CourtID is uuid.Nil for bidders and operators.
	CourtID uuid.UUID
	// Login is what the account signs in with; it is not logged.
	Login string
	// Language is "zh-CN" or "en", as the account chose.
	Language string
}

// Known reports whether the identity is somebody.
func (i Identity) Known() bool { return i.ID != uuid.Nil }
