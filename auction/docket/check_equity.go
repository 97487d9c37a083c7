package docket

import (
	"regexp"
	"sync"
)

// maxApprovalDays bounds the time for an approval. The law says "reasonable"; a year is ours.
const maxApprovalDays = 365

var sha256Hex = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("^[0-9a-f]{64}$") }) //nolint:gochecknoglobals // compiled once

// ofEquity tells that all property of a lot that is known is equity.
func (l *Lot) ofEquity(own map[string]*Asset) bool {
	for _, r := range l.AssetRefs {
		if a := own[r]; a != nil && a.Category != Equity {
			return false
		}
	}
	return true
}

// equity holds what R12e says of a lot's text: approvals and the sale as a whole are of equity alone.
func (c *checker) equity(path string, l *Lot, own map[string]*Asset) {
	if a := l.Approval; a != nil {
		at := path + ".approval"
		if !l.ofEquity(own) {
			c.tell(at, NotEquity, "R12e", "只有股权变更才写审批要求。", "An approval of the transfer is stated of equity alone.")
		}
		if c.stands(at+".within_days") && (a.WithinDays < 1 || a.WithinDays > maxApprovalDays) {
			c.tell(at+".within_days", OutOfRange, "R12e", "取得批准的期限应为 1 至 365 日。", "The approval is had within 1 to 365 days.")
		}
	}
	if w := l.WholeEquity; w != nil {
		at := path + ".whole_equity"
		if !l.ofEquity(own) {
			c.tell(at, NotEquity, "R12e", "只有股权才写一并拍卖的申请。", "The application to sell as a whole is of equity alone.")
		}
		if c.stands(at+".application") && !sha256Hex().MatchString(w.Application) {
			c.tell(at+".application", BadHash, "R12e", "申请书哈希应为 64 位小写十六进制 SHA-256。", "The hash of the application is a SHA-256 of 64 lower-case hexadecimal digits.")
		}
	}
}
