package auction

import (
	"hash/fnv"
	"slices"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"mingchui/auction/docket"
)

// maxTerms bounds what one text gives to the index.
const maxTerms = 2000

// Bigrams are the terms under which a text is found: for runs of Chinese
// characters each pair of neighbours as rune1<<16|rune2 (a run of one gives
// rune<<16), for runs of letters and digits the word, folded to lower case and
// half width, hashed. Sorted, without repetition. A query's terms are made by
// the same function, and a text matches when it holds all of them.
//
// Han characters outside the basic plane fold into 16 bits; a rare false match
// costs nothing but a line too many.
func Bigrams(text string) []int32 {
	var terms []int32
	var word []byte
	var last rune // the Han character before, 0 when the run begins
	alone := false
	endWord := func() {
		if len(word) > 0 {
			terms = append(terms, wordTerm(word))
			word = word[:0]
		}
	}
	endRun := func() {
		if last != 0 && alone {
			terms = append(terms, pair(last, 0))
		}
		last, alone = 0, false
	}
	for _, r := range norm.NFKC.String(text) {
		switch {
		case unicode.Is(unicode.Han, r):
			endWord()
			if last != 0 {
				terms = append(terms, pair(last, r))
			}
			alone = last == 0
			last = r
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			endRun()
			word = append(word, string(unicode.ToLower(r))...)
		default:
			endRun()
			endWord()
		}
		if len(terms) >= maxTerms {
			break
		}
	}
	endRun()
	endWord()
	slices.Sort(terms)
	return slices.Compact(terms)
}

func pair(a, b rune) int32 {
	return int32(uint32(a&0xffff)<<16 | uint32(b&0xffff)) //nolint:gosec // the bits are meant, not the number
}

// wordTerm keeps hashed words apart from pairs as far as 32 bits allow.
func wordTerm(word []byte) int32 {
	h := fnv.New32a()
	_, _ = h.Write(word)    // a hash never fails
	return int32(h.Sum32()) //nolint:gosec // the bits are meant, not the number
}

// prefixes are the terms of every beginning of the words of a text, so that
// "iph" finds "iPhone"; Chinese characters are passed over.
func prefixes(text string) []int32 {
	var terms []int32
	var word []byte
	for _, r := range norm.NFKC.String(text) {
		if unicode.Is(unicode.Han, r) || (!unicode.IsLetter(r) && !unicode.IsDigit(r)) {
			word = word[:0]
			continue
		}
		word = append(word, string(unicode.ToLower(r))...)
		terms = append(terms, wordTerm(word))
		if len(terms) >= maxTerms {
			break
		}
	}
	return terms
}

// searchTerms are the terms of a lot: titles, number, court, place, category;
// single Han characters and beginnings of words besides, so that a query of
// one finds it.
func searchTerms(c caseRow, assets []assetRow, l docket.Lot) []int32 {
	var all []int32
	add := func(texts ...string) {
		for _, t := range texts {
			all = append(append(all, Bigrams(t)...), prefixes(t)...)
			for _, r := range norm.NFKC.String(t) {
				if unicode.Is(unicode.Han, r) {
					all = append(all, pair(r, 0))
				}
			}
		}
	}
	add(l.Title.Zh, l.Title.En, c.Number, c.Court.Name.Zh, c.Court.Name.En)
	for _, a := range assets {
		d := a.Document
		add(d.Title.Zh, d.Title.En, d.Region.Province.Zh, d.Region.City.Zh, d.Region.District.Zh,
			d.Region.Province.En, d.Region.City.En, d.Region.District.En, d.Address.Zh, d.Address.En)
		if info, ok := docket.Info(d.Category); ok {
			add(info.Name.Zh, info.Name.En)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Card is what a lot's card shows besides the columns.
type Card struct {
	// Drawing is a file name of web/static/drawings; empty when there is none.
	Drawing    string             `json:"drawing,omitempty"`
	Drawings   []string           `json:"drawings,omitempty"`
	Attributes []docket.Attribute `json:"attributes,omitempty"`
}

// cardOf takes the drawings of all assets and the first attributes of the first.
func cardOf(assets []assetRow) Card {
	var c Card
	for _, a := range assets {
		c.Drawings = append(c.Drawings, a.Document.Drawings...)
	}
	if len(c.Drawings) > 0 {
		c.Drawing = c.Drawings[0]
	}
	c.Attributes = assets[0].Document.Attributes
	if len(c.Attributes) > 3 {
		c.Attributes = c.Attributes[:3]
	}
	return c
}
