package pages

// allPhases lists the phases of a lot.
func allPhases() []Phase {
	return []Phase{Draft, Voted, Announced, Live, Extended, Suspended, Sold, Unsold, Paid, Ruled, Defaulted, Withdrawn}
}

// leadKinds lists what the head of the desk may say.
func leadKinds() []string {
	return []string{
		"leading", "outbid", "confirming", "none", "deposit", "stayed", "reconnecting", "not_placed", "refused", "won", "sold", "unsold", "withdrawn", "watching", "open", "upcoming", "ready",
	}
}
