package law

import "time"

// retainDays is ten years, of which any ten have at most 3653 days. R29, OJA 29.
const retainDays = 3653

// RetainFor is how long all electronic data of a sale are kept whole from its end, at least. R29, OJA 29.
func (r RuleSet) RetainFor() time.Duration { return retainDays * r.Day }
