// Package papers holds the documents of a sale as data: the announcement with
// its seven special notices (R12, R13, R14), the confirmation (R22), and the
// notices, letters, drafts and records around them (Paper). They are stored and
// hashed as they are made; pages and PDFs are drawn from them. A paper keeps the
// words of the version that it was made by: v1.go and v2.go.
//
// It owns what these papers say and in what order, in Chinese and English. It
// does not own the facts (auction) nor their look (web/pages). It is pure.
//
// No paper for the public holds a natural person's name but the confirmation,
// which is there to state the buyer's: Party shows the role, unless the party is
// an organisation whose name is published. Papers of the court name the parties.
package papers
