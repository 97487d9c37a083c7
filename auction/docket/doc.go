// Package docket is the public import format of Mingchui, version 1: one JSON
// file that holds a court, its cases, their property and the lots to be sold.
// A court, a judge or another system writes such a file; `mingchui admin
// import FILE` and the judges' page read it.
//
// Shape, in short (schema.json holds it whole, with a title for each field):
//
//	{"format": "mingchui-docket/1",
//	 "court":  {code, name{zh,en}, region, address, division, phone, supervision_phone},
//	 "cases":  [{number, kind, filed_on, instrument, applicants[], debtors[], claim_fen,
//	             priority_claims[],
//	             "assets": [{ref, category, title, description, region, address, ownership,
//	                         occupancy, survey[], encumbrances[], defects[], arrears[],
//	                         taxes[], documents[], drawings[], attributes[]}],
//	             "lots":   [{ref, asset_refs[], title, stage, appraisal_fen | market_price_fen,
//	                         pricing_basis, starting_price_fen, increment_fen, deposit_fen,
//	                         priority_purchasers[], notifications[], payment, contact,
//	                         viewing, …}]}]}
//
// Names are snake_case. Money is a whole number of fen in fields that end in
// _fen. Dates are 2006-01-02. What a person reads is {"zh": …, "en": …}, both
// filled. Refs are the file's own names for things: unique in the file, letters,
// digits and hyphens. A field that is not in the schema is refused, and so is a
// key that stands twice.
//
// Parse reads such a file and answers with every fault that it has, each with
// its line, its column, its path, a stable code, a sentence in both languages and,
// where the law is the reason, the rule book's row and the article. It goes on
// after a fault, after one of syntax too, so that one reading finds them all.
//
// The package owns the format, the categories of property and the survey
// checklist of each (R2024). It does not own what becomes of a lot afterwards
// (auction), nor the figures of the law (auction/law). It is pure: it reads what it is
// given, no clock, no database, no other file.
//
// It holds before anything is stored: R2024 (checklist and occupancy), R10 and R26 (starting
// price), R17 (deposit), R20a (increment), R13 (what must be published), R30
// (taxes), R12e (equity), and that no person's name or identity number is published.
package docket
