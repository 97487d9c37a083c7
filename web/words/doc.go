// Package words holds what people read: two catalogues, Chinese and English,
// and the writing of money, times and refusals in the reader's language.
//
// It owns the loading, the pages' catalogues (pages.*.toml) and the formats. It
// does not own the wording of refusals (faults.*.toml, one key a fault code).
// Both catalogues hold the same keys; a test fails when one is missing.
//
// Times are written in the court's zone, Asia/Shanghai, whoever reads.
package words
