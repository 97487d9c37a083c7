// Package press prints papers: HTML that stands alone to PDF with selectable
// text, by headless Chromium, and links to QR codes as SVG.
//
// It owns the running of Chromium: bounded in number and time, without network,
// in a folder of its own that is removed; and the sheet, which is how a paper
// looks when it is printed. It does not own what a paper says (auction/papers)
// nor its page on the site (web/pages).
package press
