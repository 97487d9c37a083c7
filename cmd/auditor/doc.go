// Command auditor is the public's own checker: it follows a transparency log from its address, checks every hash and signature, and
// re-runs the auctions from what is published.
//
// It owns fetching over HTTP, the file that remembers the last checkpoint, and how the report is printed. What is checked is
// package verify's. It links no database, no web server and no payment code.
package main
