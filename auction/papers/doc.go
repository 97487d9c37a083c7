// Package papers holds the documents of a sale as data: the announcement with
// its seven special notices (R12, R13, R14) and the confirmation (R22). They are
// stored, hashed and published as they are made; pages and PDFs are drawn
// from them.
//
// It owns what these papers say and in what order, in Chinese and English. It
// does not own the facts (auction) nor their look (web/pages). It is pure.
//
// No announcement holds a natural person's name: Party shows the role, unless
// the party is an organisation whose name is published.
package papers
