// Package press prints papers: HTML that stands alone to PDF with selectable
// text, by headless Chromium, and links to QR codes as SVG.
//
// It owns the running of Chromium: bounded in number and time, without network,
// in a folder of its own that is removed. It does not own what a paper says
// (auction/papers) nor its look beside the sheet's stylesheet (web/pages).
package press
