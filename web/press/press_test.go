package press_test

import (
	"bytes"
	"strings"
	"testing"

	"mingchui/web/press"
)

func TestPDF_IsPrintedOnceAndHeld(t *testing.T) {
	t.Parallel()
	p := press.New()
	html := []byte(`<!DOCTYPE html><html lang="zh-CN"><meta charset="utf-8"><style>` + press.CSS + `</style><body><h1>收款凭证</h1><p>人民币壹佰贰拾万元整</p>`)
	first, err := p.PDF(t.Context(), "a", html)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(first, []byte("%PDF-")) || len(first) < 4000 {
		t.Errorf("printed %d bytes that begin with %.8q", len(first), first)
	}
	again, err := p.PDF(t.Context(), "a", []byte("another"))
	if err != nil || !bytes.Equal(first, again) {
		t.Errorf("the same key gives other bytes, %v", err)
	}
}

func TestQR_HasItsFinderPatterns(t *testing.T) {
	t.Parallel()
	svg, err := press.QR("https://mingchui.example/entries/01a21a7e-6555-7c9f-99b4-e3fa2e5c0f33", "entry")
	if err != nil {
		t.Fatal(err)
	}
	// The first row of a finder pattern: seven dark modules at the left, seven at the right.
	if !strings.Contains(svg, "M4 4h7v1h-7z") || !strings.HasPrefix(svg, "<svg viewBox=") {
		t.Errorf("drawn: %.200s", svg)
	}
	if _, err := press.QR(strings.Repeat("x", 4000), ""); err == nil {
		t.Error("4,000 letters fit into a QR code")
	}
}
