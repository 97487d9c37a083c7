package law

// Rows lists the rows of the rule book that this version carries out; each has
// at least one test whose name begins with its id (TestR20c_…).
func Rows() []string {
	return []string{
		"R3", "R6", "R6s", "R7", "R8", "R10", "R10p", "R11", "R12", "R12d", "R12e", "R13", "R14", "R14s", "R15", "R15w", "R16", "R16d", "R17", "R17h", "R17w",
		"R18", "R19", "R20a", "R20b", "R20c", "R20d", "R20r", "R21", "R22", "R23", "R24", "R24r", "R24x", "R25", "R26", "R26n", "R26s", "R28", "R28o", "R28p", "R29",
		"R30", "R31", "R31d", "R34", "R2024",
	}
}
