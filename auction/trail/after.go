package trail

// The acts on the way of sold property to its buyer (R20r), on what is stated of property, and on what is kept of it (R29).
const (
	HandoverStep      Act = "handover_step"
	HandoverCorrected Act = "handover_corrected"
	CollectionOffered Act = "collection_offered"
	CollectionBooked  Act = "collection_booked"
	// AssetRevised: property was stated anew. StatementsMarked: the buyer said what was true of the announcement.
	AssetRevised     Act = "asset_revised"
	StatementsMarked Act = "statements_marked"
	// DocumentsErased: names beside the log went after ten years (R29).
	DocumentsErased Act = "documents_erased"
)

// The acts of a draw between equals (R10p, R16d): the last two are the machine's.
const (
	DrawListed Act = "draw_listed"
	DrawOpened Act = "draw_opened"
	DrawMade   Act = "draw_made"
)

// Acts lists every act, for the catalogues' test.
func Acts() []Act {
	return append(append(saleActs(), priceActs()...), HandoverStep, HandoverCorrected, CollectionOffered, CollectionBooked, AssetRevised, StatementsMarked, DocumentsErased,
		DrawListed, DrawOpened, DrawMade)
}
