package pages

// LotsView is a search with what it found.
type LotsView struct {
	// Heading says what the list is: "Flats in Jinghu District".
	Heading, Query     string
	Facets             []Facet
	PriceMin, PriceMax string
	Histogram          []Bar
	// Chosen are the conditions in force; each links to the search without it.
	Chosen []Link
	Sort   string
	Sorts  []Option
	// Hidden carries the conditions through the form that sorts.
	Hidden []Option
	Cards  []Card
	Total  int64
	// Previous is the first page, Next the next; empty for none.
	Previous, Next string
	Feed           string
	Errors         Errors
}

// Facet is a group of conditions with counts.
type Facet struct {
	Name, Legend string
	Options      []FacetOption
}

// FacetOption is one condition.
type FacetOption struct {
	Value, Text string
	Count       int64
	Chosen      bool
}

// Option is a choice of a select, or a hidden field.
type Option struct{ Value, Name string }

// Bar is a bar of a histogram, in the units of its box.
type Bar struct{ X, Y, W, H, Fill string }
