package court

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/cmd/mingchui/house"
	"mingchui/web/account"
)

// person is one of the cast. Everybody is invented.
type person struct {
	id    uuid.UUID
	login string
}

// cast is who acts in the scripts.
type cast struct {
	court  uuid.UUID
	judges []person
	// bidders are the scripted ones.
	bidders []person
	// guests are the accounts of people, by login.
	guests map[string]person
}

// judge is a judge of the court as auction knows one.
func (c *cast) judge(i int) auction.Actor {
	return auction.Actor{AccountID: c.judges[i%len(c.judges)].id, Role: string(account.Judge), CourtID: c.court}
}

// role is an account that is made with the court.
type role struct {
	login, name string
	role        account.Role
}

// signIns are the accounts that people use, all with the same password.
func signIns() []role {
	list := []role{
		{"judge1", "审判员甲（演示）", account.Judge},
		{"judge2", "审判员乙（演示）", account.Judge},
		{"judge3", "审判员丙（演示）", account.Judge},
		{"finance1", "财务甲（演示）", account.Finance},
		{"finance2", "财务乙（演示）", account.Finance},
		{"inspector1", "督查甲（演示）", account.Inspector},
	}
	for i, name := range []string{"顾明远", "沈若溪", "陆景川", "温如玉", "程砚秋", "白羽飞", "江予安", "叶知秋", "宋怀瑾"} {
		list = append(list, role{fmt.Sprintf("bidder%d", i+1), name + "（演示）", account.Bidder})
	}
	return list
}

// scriptNames are the invented names of the scripted bidders.
func scriptNames() []string {
	return []string{
		"陈一帆", "林听雨", "赵青禾", "孙牧之", "周星野", "吴岚清", "郑怀远", "王映雪", "冯知夏", "褚云舟", "卫长风", "蒋暮云",
		"韩清越", "杨望舒", "朱砚池", "秦若谷", "许南枝", "何见山", "吕归帆", "施微澜", "张既明", "孔令仪", "曹疏影", "严冬青",
		"江澜启程商贸有限公司", "江澜禾木家居有限公司", "明湖川行物流有限公司", "澄湖投资管理有限公司",
	}
}

const (
	scriptPrefix = "script"
	mark         = "（演示）"
)

// crowd says who of the cast is wanted.
type crowd struct {
	// everybody includes all accounts that people sign in with; else only judges are made.
	everybody bool
	// bidders is how many scripted ones, at most; 0 is all.
	bidders int
}

// gather makes what is missing of the court and its people, and finds the rest.
func gather(ctx context.Context, cfg Config, courtOf docket.Court, want crowd) (*cast, error) {
	c := &cast{guests: map[string]person{}}
	made, err := cfg.House.Auction.Import(ctx, docket.File{Format: docket.Format, Court: courtOf}, auction.Actor{Role: string(account.Operator)})
	if err != nil {
		return nil, fmt.Errorf("make the court: %w", err)
	}
	c.court = made.CourtID
	wanted := make([]account.Staff, 0, 64)
	for _, r := range signIns() {
		if !want.everybody && r.role != account.Judge {
			continue
		}
		s := account.Staff{Login: r.login, Password: cfg.Password, Role: r.role, RealName: r.name, AnyPassword: true}
		if r.role.Staff() {
			s.CourtID = c.court
		}
		if s.Password == "" {
			s.Password = rand.Text()
		}
		wanted = append(wanted, s)
	}
	people := len(wanted)
	names := scriptNames()
	if want.bidders > 0 && want.bidders < len(names) {
		names = names[:want.bidders]
	}
	for i, name := range names {
		wanted = append(wanted, account.Staff{
			Login: fmt.Sprintf("%s%02d", scriptPrefix, i+1), Password: rand.Text(), Role: account.Bidder, RealName: name + mark, AnyPassword: true,
		})
	}
	found, err := ensure(ctx, cfg.House, wanted)
	if err != nil {
		return nil, err
	}
	for i, p := range found {
		switch {
		case i >= people:
			c.bidders = append(c.bidders, p)
		case wanted[i].Role == account.Judge:
			c.judges = append(c.judges, p)
		default:
			c.guests[p.login] = p
		}
	}
	return c, nil
}

// ensure finds or makes accounts, beside each other: hashing a password takes time.
func ensure(ctx context.Context, h *house.House, wanted []account.Staff) ([]person, error) {
	people, errs := make([]person, len(wanted)), make([]error, len(wanted))
	var group sync.WaitGroup
	slots := make(chan struct{}, actsAtOnce)
	for i, w := range wanted {
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			a, err := h.Accounts.ByLogin(ctx, w.Login)
			if fault.KindOf(err) == fault.NotFound {
				a, err = h.Accounts.Create(ctx, w)
			}
			people[i], errs[i] = person{id: a.ID, login: a.Login}, err
		})
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("make the accounts: %w", err)
	}
	return people, nil
}
