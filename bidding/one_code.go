package bidding

import (
	"bytes"
	"context"
	"math/rand/v2"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/agency"
	"mingchui/auction/fault"
	"mingchui/bidding/seal"
)

// One person holds one code in a course, alone or through an agent (R20a, ours). It is held where codes are admitted and not where
// people enrol: a number is as its holder wrote it, so a refusal there would tell a stranger who enrolled (R18), and an enrolment
// without money would keep its owner out. Here the deposit has come, in the real name (R17), and the first holds the code. Nothing is
// opened, and nothing is stored of it: who stands behind a code is found by locators each time.

// seat is an enrolment whose deposit is here.
type seat struct {
	ID     uuid.UUID
	Admit  AdmitCommand
	Status string
	// Account and Persons are who enrolled, and for whom: the account's own first.
	Account uuid.UUID
	Persons []auction.Person
}

// later is an account of which a person holds another code.
type later struct {
	Account uuid.UUID
	// Holder is the enrolment of that code, Admitted whether it is admitted already or only to be.
	Holder   uuid.UUID
	Admitted bool
}

// sifted is what a batch does with the seats of a lot.
type sifted struct {
	// Ready are to be admitted, in random order.
	Ready []seat
	// Later are not admitted, and their deposits go back.
	Later []later
	// Left are those whose bidders withdrew from a stayed sale (R28o).
	Left []leaver
	// Barred are those of whom a person may not take part.
	Barred []uuid.UUID
}

// sift finds what is to be done with the enrolments that wait and whose accounts have paid, in the order in which the money came.
// Whoever was barred or defaulted beside the enrolment, so that neither saw the other, is found here (R34, R24x).
func (d *Desk) sift(ctx context.Context, tx pgx.Tx, lot uuid.UUID, sealer *seal.Sealer) (sifted, error) {
	var s sifted
	seats, err := d.seats(ctx, tx, lot, sealer)
	if err != nil {
		return s, err
	}
	holders := map[string]later{}
	for _, one := range seats {
		if one.Status == admitted {
			one.holds(holders)
		}
	}
	for _, one := range seats {
		if one.Status == withdrawn {
			s.Left = append(s.Left, leaver{Account: one.Account, Code: one.Admit.Code})
		}
		if one.Status != awaitingDeposit {
			continue
		}
		may, err := mayTakePart(ctx, tx, lot, one.Persons)
		if err != nil {
			return s, err
		}
		holder, held := one.heldBy(holders)
		switch {
		case !may:
			s.Barred = append(s.Barred, one.ID)
		case held:
			holder.Account = one.Account
			s.Later = append(s.Later, holder)
		default:
			one.holds(holders)
			s.Ready = append(s.Ready, one)
		}
	}
	rand.Shuffle(len(s.Ready), func(i, j int) { s.Ready[i], s.Ready[j] = s.Ready[j], s.Ready[i] }) //nolint:gosec // order alone, which the course then shows
	return s, nil
}

// holds notes a seat as its persons'. One without a number is nobody that could be known again.
func (s *seat) holds(holders map[string]later) {
	for _, p := range s.Persons {
		if p.Number != "" {
			holders[p.Number] = later{Holder: s.ID, Admitted: s.Status == admitted}
		}
	}
}

func (s *seat) heldBy(holders map[string]later) (later, bool) {
	for _, p := range s.Persons {
		if h, held := holders[p.Number]; held {
			return h, true
		}
	}
	return later{}, false
}

// mayTakePart asks of each person.
func mayTakePart(ctx context.Context, tx pgx.Tx, lot uuid.UUID, persons []auction.Person) (bool, error) {
	for _, p := range persons {
		if err := auction.MayTakePart(ctx, tx, lot, p); fault.KindOf(err) == fault.Forbidden {
			return false, nil
		} else if err != nil {
			return false, err
		}
	}
	return true, nil
}

// seats lists the enrolments of a lot whose accounts have paid, in the order of the money.
func (d *Desk) seats(ctx context.Context, tx pgx.Tx, lot uuid.UUID, sealer *seal.Sealer) ([]seat, error) {
	accounts, err := d.deposits.Held(ctx, tx, lot)
	if err != nil {
		return nil, err
	}
	takers, err := agency.TakersOf(ctx, tx, lot, accounts)
	if err != nil {
		return nil, err
	}
	locators := make([][]byte, len(accounts))
	place := make(map[string]int, len(accounts))
	for i, account := range accounts {
		locators[i] = sealer.Locator(account)
		place[string(locators[i])] = i
	}
	rows, err := tx.Query(ctx, `SELECT id, bidder_code, capacity, rank, name_commitment, status, locator, coalesce(agency_locator, '')
		FROM enrolments WHERE lot_id = @lot AND locator = ANY (@locators)`, pgx.NamedArgs{"lot": lot, "locators": locators})
	if err != nil {
		return nil, fault.Internalf("read who has paid: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (seat, error) {
		s := seat{Admit: AdmitCommand{Lot: lot}}
		var locator, behalf []byte
		if err := row.Scan(&s.ID, &s.Admit.Code, &s.Admit.Capacity, &s.Admit.Rank, &s.Admit.NameCommitment, &s.Status, &locator, &behalf); err != nil {
			return s, err
		}
		s.Account = accounts[place[string(locator)]]
		taker := takers[s.Account]
		s.Persons = []auction.Person{taker.Person}
		for _, b := range taker.Behalfs {
			if bytes.Equal(sealer.AgencyLocator(b.ID), behalf) {
				s.Persons = append(s.Persons, b.Principals...)
			}
		}
		return s, nil
	})
	if err != nil {
		return nil, fault.Internalf("read who has paid: %w", err)
	}
	slices.SortFunc(list, func(a, b seat) int {
		return place[string(sealer.Locator(a.Account))] - place[string(sealer.Locator(b.Account))]
	})
	return list, nil
}

// isLater tells whether a person of an account's enrolment holds another code that is admitted.
func (d *Desk) isLater(ctx context.Context, account, lot uuid.UUID) (later bool, err error) {
	err = pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
		w, there, err := wrappedKey(ctx, tx, lot)
		if err != nil || !there {
			return err
		}
		sealer, err := d.ring.Sealer(lot, w)
		if err != nil {
			return err
		}
		s, err := d.sift(ctx, tx, lot, sealer)
		for _, l := range s.Later {
			later = later || (l.Account == account && l.Admitted)
		}
		return err
	})
	return later, err
}

// giveBack owes the deposits of those back of whom a person holds another code that is admitted. What fails here is done by the lot's
// next batch, or by its end (R23).
func (d *Desk) giveBack(ctx context.Context, lot uuid.UUID, list []later, done []uuid.UUID) error {
	var accounts []uuid.UUID
	for _, l := range list {
		if l.Admitted || slices.Contains(done, l.Holder) {
			accounts = append(accounts, l.Account)
		}
	}
	if len(accounts) == 0 {
		return nil
	}
	return d.deposits.GiveBack(ctx, lot, accounts)
}
