package docket

import (
	"reflect"
	"strings"

	"mingchui/auction/law"
)

// choices returns the values that a type of the format takes; nil for types
// that take any text.
func choices(t reflect.Type) []string {
	switch t {
	case reflect.TypeFor[Category]():
		all := Categories()
		list := make([]string, len(all))
		for i, c := range all {
			list[i] = string(c.Category)
		}
		return list
	case reflect.TypeFor[law.Stage]():
		return list(law.First, law.Second, law.SellOff, law.NoReserve)
	case reflect.TypeFor[CaseKind]():
		return list(Civil, Criminal, Administrative, Arbitration, Notarial)
	case reflect.TypeFor[PartyKind]():
		return list(Person, Organisation, PublicBody)
	case reflect.TypeFor[PriorityClaimKind]():
		return list(ByMortgage, ByPledge, ByLien, ByConstruction, ByWages, ByTax, ByRestitution)
	case reflect.TypeFor[OccupancyState]():
		return list(Vacant, HeldByDebtor, HeldByTenant, HeldByOther, CourtHeld, Stored, NotApplicable)
	case reflect.TypeFor[HandoverKind]():
		return list(CourtVacates, WithLease, CourtDelivers, ByRegister)
	case reflect.TypeFor[FindingState]():
		return list(Clear, Notice)
	case reflect.TypeFor[EncumbranceKind]():
		return list(Seizure, Mortgage, Pledge, LienOn, Lease, Residence, Easement, Licence, Reservation)
	case reflect.TypeFor[AfterSale]():
		return list(Extinguished, Remains, Removed)
	case reflect.TypeFor[Bearer]():
		return list(Buyer, Debtor, ByLaw)
	case reflect.TypeFor[DocumentKind]():
		return list(AppraisalReport, PricingPaper, RegisterExtract, SurveyRecord, Photographs, Video, LeaseContract, InstrumentCopy, FloorPlan, OtherDocument)
	case reflect.TypeFor[PricingOrigin]():
		return list(PricedByAgreement, PricedByAuthority, PricedOnline, PricedByAppraisal, PricedByCosts)
	case reflect.TypeFor[NoReserveGround]():
		return list(FinanceAsks, VictimRefuses)
	case reflect.TypeFor[Notified]():
		return list(ToApplicant, ToDebtor, ToCoOwner, ToSecurityHolder, ToCompany, ToOther)
	case reflect.TypeFor[PayBy]():
		return list(PayOnline, PayTransfer, PayLoan)
	}
	return nil
}

// These two are read so that their refusal can name the law (R2024); a file
// that holds one is never without a problem, and the schema does not list them.
const (
	unknownOccupancy   OccupancyState = "unknown"
	courtDoesNotVacate HandoverKind   = "court_does_not_vacate"
)

// UnknownOccupancy tells that a field of the format says of the occupancy what R2024 refuses, and not just a word that nobody knows.
func UnknownOccupancy(path, value string) bool {
	return strings.HasSuffix(path, "occupancy.state") && value == string(unknownOccupancy) ||
		strings.HasSuffix(path, "occupancy.handover") && value == string(courtDoesNotVacate)
}

func refusedByRule(t reflect.Type, value string) bool {
	switch t {
	case reflect.TypeFor[OccupancyState]():
		return value == string(unknownOccupancy)
	case reflect.TypeFor[HandoverKind]():
		return value == string(courtDoesNotVacate)
	}
	return false
}

func list[T ~string](values ...T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}
