package trail

// The acts by which the reference price of a piece of property is fixed (R10p, R12e).
const (
	PriceStarted           Act = "price_started"
	PriceOriginSkipped     Act = "price_origin_skipped"
	PriceAsked             Act = "price_asked"
	PriceReported          Act = "price_reported"
	FirmsChosen            Act = "firms_chosen"
	FirmEngaged            Act = "firm_engaged"
	EngagementEnded        Act = "engagement_ended"
	ReportExtended         Act = "report_extended"
	ReportServed           Act = "report_served"
	ReportReceived         Act = "report_received"
	ReportObjected         Act = "report_objected"
	ReportObjectionPassed  Act = "report_objection_passed"
	ReportObjectionDecided Act = "report_objection_decided"
	PriceFixed             Act = "price_fixed"
	PriceWithdrawn         Act = "price_withdrawn"
)

func priceActs() []Act {
	return []Act{
		PriceStarted, PriceOriginSkipped, PriceAsked, PriceReported, FirmsChosen, FirmEngaged, EngagementEnded, ReportExtended, ReportServed,
		ReportReceived, ReportObjected, ReportObjectionPassed, ReportObjectionDecided, PriceFixed, PriceWithdrawn,
	}
}
