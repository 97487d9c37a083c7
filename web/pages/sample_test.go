package pages

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/auction/papers"
)

// sampleNow is the storybook's time: 18 June 2026, 10:27:36 in Beijing.
func sampleNow() time.Time { return time.Date(2026, 6, 18, 2, 27, 36, 0, time.UTC) }

func tx(zh, en string) docket.Text { return docket.Text{Zh: zh, En: en} }

func sampleAsset() docket.Asset {
	return docket.Asset{
		Ref: "a1", Category: docket.Flat, Title: tx("鸠兹里 6 幢 1203 室", "Flat 1203, block 6, Jiuzili"),
		Description: tx("建筑面积 118.46 ㎡，第 12 层，共 11 户一梯两户；2009 年建成，钢筋混凝土结构。", "A dwelling of 118.46 m² on the 12th floor, two flats to a lift, built in 2009 in reinforced concrete."),
		Region:      sampleRegion(), Address: tx("镜湖区赭山东路", "Zheshan East Road, Jinghu"),
		Ownership: docket.Ownership{Holder: tx("被执行人单独所有", "the debtor alone"), Nature: tx("出让", "granted land"), Certificate: "…0417"},
		Occupancy: docket.Occupancy{State: docket.HeldByTenant, Title: tx("租赁合同，早于抵押", "a lease that predates the mortgage"), Until: "2027-03-31", Handover: docket.WithLease},
		Survey: []docket.Finding{
			{Item: "title", State: docket.Clear, Finding: tx("单独所有，不动产权证号末四位 0417，登记用途住宅", "Sole ownership, certificate ending 0417, registered as dwelling"), Source: tx("不动产登记中心，6-02", "Land registry, 2 June")},
			{Item: "occupancy", State: docket.Notice, Finding: tx("承租人占用，租期至 2027-03-31，租约早于抵押，带租拍卖", "Occupied by a tenant until 31 March 2027; the lease predates the mortgage: sold subject to it"), Source: tx("两名执行人员现场查验", "Two officers on site")},
			{Item: "seizure_and_security", State: docket.Clear, Finding: tx("本院首封；抵押权一项，随拍卖消灭，移至价款", "First seizure by this court; one mortgage, ends with the sale"), Source: tx("登记簿", "Register"), On: "2026-06-02", By: tx("不动产登记中心", "Land registry")},
			{Item: "defects", State: docket.Notice, Finding: tx("北侧次卧外墙渗水，约 1.2 ㎡；阳台已封闭，未经许可", "Damp on the outer wall of the north bedroom; balcony enclosed without permit"), Source: tx("现场照片 14 张", "14 photographs")},
			{Item: "arrears", State: docket.Notice, Finding: tx("物业费 8,214.00 元、水电 431.60 元", "Property charges ¥8,214.00, water and power ¥431.60"), Source: tx("物业公司书面答复", "Letter of the manager"), On: "2026-06-03"},
			{Item: "household_and_school", State: docket.Clear, Finding: tx("无户籍登记；学位未占用", "No household registered; school place unused"), Source: tx("派出所、教育局", "Police, school board")},
			{Item: "keys_and_handover", State: docket.Clear, Finding: tx("法院负责交付，裁定送达后 15 日内", "The court hands over within 15 days of the ruling"), Source: tx("拍卖规定第 27 条", "ASE art. 27")},
		},
		Encumbrances: []docket.Encumbrance{{Kind: docket.Mortgage, Rank: 1, Holder: tx("江岸银行芜湖支行", "Jiang’an Bank, Wuhu branch"), AmountFen: 62_000_000, AfterSale: docket.Extinguished}, {Kind: docket.Lease, Holder: tx("承租人", "Tenant"), AfterSale: docket.Remains, Note: tx("月租 2,600 元", "¥2,600 a month")}},
		Arrears:      []docket.Arrear{{Item: tx("物业费", "Property charges"), AmountFen: 821_400, AsOf: "2026-05-31", BorneBy: docket.Buyer, Note: tx("垫付后可依法追偿", "can be recovered by law")}},
		Taxes: []docket.Tax{
			{Item: tx("契税", "Deed tax"), BorneBy: docket.Buyer, Source: tx("契税法第 1 条", "Deed Tax Law 1"), RateBP: 150, Basis: tx("成交价", "the price")},
			{Item: tx("增值税及附加", "VAT and surcharges"), BorneBy: docket.Debtor, Source: tx("财税〔2016〕36 号", "Cai Shui 36/2016"), Note: tx("满二年免征", "exempt after 2 years")},
		},
		Documents:  []docket.Document{{Kind: docket.AppraisalReport, Title: tx("评估报告", "Appraisal report"), Note: tx("86 页，有效至 2027-04-20", "86 pages, valid to 20 April 2027")}, {Kind: docket.InstrumentCopy, Title: tx("执行裁定书（已隐去个人信息）", "Enforcement ruling (redacted)")}},
		Drawings:   []string{"flat.svg", "plan.svg", "block.svg"},
		Attributes: []docket.Attribute{{Name: tx("建筑面积", "Floor area"), Value: tx("118.46 ㎡", "118.46 m²")}, {Name: tx("楼层", "Floor"), Value: tx("第 12 层", "12th floor")}, {Name: tx("建成", "Built"), Value: tx("2009 年", "2009")}},
	}
}

func sampleRegion() docket.Region {
	return docket.Region{Code: "340202", Province: tx("安徽省", "Anhui"), City: tx("芜湖市", "Wuhu"), District: tx("镜湖区", "Jinghu")}
}

func sampleCourt() docket.Court {
	return docket.Court{
		Code: "皖0202", Name: tx("芜湖市镜湖区人民法院", "Jinghu District People’s Court, Wuhu"), Region: sampleRegion(), Division: tx("执行三庭", "Third enforcement chamber"),
		Phone: "0553-000 0000", SupervisionPhone: "0553-000 0001",
	}
}

// sampleLot is a lot of the storybook in a state, with n bids.
func sampleLot(state auction.State, n int) (auction.LotDetail, []auction.BidView) {
	now := sampleNow()
	start := time.Date(2026, 6, 17, 2, 0, 0, 0, time.UTC)
	end := start.Add(24 * time.Hour)
	if state == auction.Announced && n < 0 {
		start, end, n = now.Add(50*time.Hour), now.Add(74*time.Hour), 0
	}
	id := uuid.MustParse("0197f2c4-7a11-7c21-9e0d-3b1f5a2c1203")
	d := auction.LotDetail{ServerTime: now, ExtensionMS: 300_000, AnnouncementHash: "5f0c1e6c8d0a9a5d8c6e4c1be0d7f3a2c1b0a99887766554433221100ffeeddc"}
	announced := start.Add(-31 * 24 * time.Hour)
	d.LotSummary = auction.LotSummary{
		ID: id, CaseID: id, CaseNumber: "（2026）皖0202执恢318号", Court: auction.CourtName{ID: id, Code: "皖0202", Name: sampleCourt().Name},
		Stage: law.First, Status: auction.StatusAt(state, start, now), RuleSet: "china2017", Category: docket.Flat, Kind: law.Immovable, Region: "340202",
		Place: tx("芜湖市镜湖区", "Jinghu, Wuhu"), Occupancy: "tenant", Title: tx("芜湖市镜湖区赭山东路“鸠兹里”6 幢 1203 室住宅", "Flat 1203, block 6, Jiuzili, Zheshan East Road, Jinghu District, Wuhu"),
		AppraisalFen: 148_600_000, ReferenceKind: auction.ByAppraisal, StartingPriceFen: 104_020_000, IncrementFen: 500_000, DepositFen: 10_400_000,
		Admitted: new(int64(7)), AnnouncedAt: &announced, StartsAt: &start, EndsAt: &end, State: state,
		Card: auction.Card{Drawing: "flat.svg", Drawings: sampleAsset().Drawings, Attributes: sampleAsset().Attributes},
	}
	d.Announcement = papers.Announcement{
		Version: 1, Lot: id.String(), CaseNumber: d.CaseNumber, Court: sampleCourt(), Stage: law.First, Title: d.Title, PublishedAt: announced, StartsAt: start, EndsAt: end,
		RuleSet: "china2017", StartingPrice: d.StartingPriceFen, Increment: d.IncrementFen, Deposit: d.DepositFen, Reference: d.AppraisalFen, ReferenceKind: "appraisal",
		PricingBasis: docket.PricingBasis{Origin: docket.PricedByAppraisal, By: tx("徽准评估事务所", "Huizhun Appraisers"), ValuedOn: "2026-04-20", ValidUntil: "2027-04-20"},
		Property:     []docket.Asset{sampleAsset()}, PriorityPurchasers: []docket.PriorityPurchaser{{Rank: 1, Standing: tx("承租人", "Tenant"), NotifiedOn: "2026-05-13", How: tx("直接送达", "served in person")}},
		Notifications:  []docket.Notification{{To: docket.ToApplicant, On: "2026-05-11", How: tx("电子送达", "served electronically")}, {To: docket.ToDebtor, ReasonNot: tx("下落不明，已公示", "whereabouts unknown; notified on the platform")}},
		Payment:        docket.Payment{Methods: []docket.PayBy{docket.PayOnline, docket.PayTransfer}, Account: docket.BankAccount{Holder: sampleCourt().Name, Bank: tx("江岸银行", "Jiang’an Bank"), Number: "3402 0000 0000 0001"}, BalanceDueDays: 10},
		BalanceDueDays: 10, Contact: docket.Contact{Role: tx("承办法官", "Judge in charge"), Phone: "0553-000 0000", Hours: tx("工作日 9:00–17:00", "working days 9:00–17:00")},
		Viewing: docket.Viewing{How: tx("预约看样，每周三下午", "By appointment, Wednesday afternoons"), Place: tx("标的所在", "At the property"), Phone: "0553-000 0002"}, Conditions: tx("具备完全民事行为能力。", "Full capacity for civil acts."),
		Handover: tx("裁定送达后十五日内由法院交付。", "Handed over by the court within fifteen days of the ruling."), Disclaimer: tx("法院不担保标的物的真伪与品质。", "The court does not guarantee genuineness or quality."),
		Auxiliary: []docket.Auxiliary{{Name: tx("徽准评估事务所", "Huizhun Appraisers"), Work: tx("评估", "Appraisal")}}, Notices: papers.Notices(),
	}
	bids := sampleBids(&d, n)
	finishSample(&d, state, bids)
	return d, bids
}

// sampleBids makes a course that the rules allow: n bids, the last third of
// them in the closing.
func sampleBids(d *auction.LotDetail, n int) []auction.BidView {
	codes := []string{"N3FTX", "K7Q2M", "R8WHA", "D5VPC", "T2JLE"}
	end := d.Announcement.EndsAt
	ext := time.Duration(d.ExtensionMS) * time.Millisecond
	at := d.Announcement.StartsAt
	price := d.StartingPriceFen
	var bids []auction.BidView
	for i := range n {
		if i < n*2/3 {
			at = d.Announcement.StartsAt.Add(time.Duration(i+1) * 23 * time.Hour / time.Duration(n))
		} else if i == n*2/3 {
			at = d.Announcement.EndsAt.Add(-3 * time.Minute)
		} else {
			at = at.Add(time.Duration(70+i*37%210) * time.Second)
		}
		if i > 0 {
			price += d.IncrementFen * money.Fen(1+i*i%3)
		}
		if !at.Before(end.Add(-ext)) {
			end = at.Add(ext)
		}
		bids = append(bids, auction.BidView{Seq: int64(8 + 3*i), BidderCode: codes[i*i%5], AmountFen: price, AcceptedAt: at, EndsAt: end})
		if i > 0 && bids[i-1].BidderCode == bids[i].BidderCode {
			bids[i].BidderCode = codes[(i*i+1)%5]
		}
	}
	return bids
}

func finishSample(d *auction.LotDetail, state auction.State, bids []auction.BidView) {
	if n := len(bids); n > 0 {
		last := bids[n-1]
		d.PriceFen, d.LeaderCode, d.Bids, d.Seq, d.EndsAt = &last.AmountFen, last.BidderCode, int64(n), last.Seq, &last.EndsAt
		end := d.Announcement.EndsAt
		for _, b := range bids {
			if !b.EndsAt.Equal(end) {
				d.Extensions++
			}
			end = b.EndsAt
		}
	}
	switch state {
	case auction.Suspended, auction.Withdrawn:
		d.Reason = &docket.Text{Zh: "案外人对标的物提出权属异议，正在审查。", En: "A third party claims the property; the objection is under review."}
	case auction.Sold, auction.Unsold, auction.Paid, auction.Ruled, auction.Defaulted, auction.Taken, auction.Returned, auction.SetAside:
		ended := *d.EndsAt
		d.EndedAt, d.Outcome = &ended, string(state)
		due := ended.Add(240 * time.Hour)
		d.BalanceDueAt = &due
		done := ended.Add(time.Minute)
		d.Steps = []auction.Step{
			{Kind: "confirm_sale", State: "done", DueAt: ended, DoneAt: &done},
			{Kind: "release_deposits", State: "done", DueAt: ended, DoneAt: &done},
			{Kind: "pay_balance", State: "owed", DueAt: due},
			{Kind: "make_ruling", State: "owed", DueAt: due},
		}
		if state == auction.Unsold || state == auction.Taken || state == auction.Returned {
			d.Steps = []auction.Step{{Kind: "release_deposits", State: "done", DueAt: ended, DoneAt: &done}, {Kind: "second_sale", State: "owed", DueAt: ended.Add(720 * time.Hour)}}
			return
		}
		d.Confirmation = &papers.Confirmation{
			Number: "（2026）皖0202拍确21号", CaseNumber: d.CaseNumber, Court: d.Court.Name, Title: d.Title, StartedAt: *d.StartsAt, EndedAt: ended, BidderCode: d.LeaderCode,
			BuyerName: "芜湖弋江口置业有限公司", Price: *d.PriceFen, Deposit: d.DepositFen, BalanceDueAt: due, ConfirmedAt: done,
		}
	case auction.Draft, auction.Voted, auction.Announced:
	}
}

// sampleCards is a list of lots of many kinds.
func sampleCards(p *Page) []Card {
	var out []Card
	for i, x := range []struct {
		zh, en, drawing, category string
		phase                     Phase
		start, price, ref         money.Fen
	}{
		{"赭山东路“鸠兹里”6 幢 1203 室", "Flat 1203, block 6, Jiuzili", "flat", "flat", Extended, 104_020_000, 132_520_000, 148_600_000},
		{"皖 B·7**** 重型仓栅式货车（2021 年）", "Heavy stake truck, Wan B·7****, 2021", "truck", "vehicle_truck", Live, 9_800_000, 14_260_000, 15_800_000},
		{"“望江楼”酱香型白酒 426 件（整体）", "426 cases of Wangjianglou liquor (whole)", "liquor", "liquor", Live, 30_000_000, 38_640_000, 42_000_000},
		{"三山经开区工业用地 33.2 亩及地上厂房", "Industrial land of 33.2 mu with its factory, Sanshan", "factory", "factory", Live, 1_700_000_000, 1_864_000_000, 2_430_000_000},
		{"弋江区“芦荡花园”12 栋联排别墅", "Terraced house 12, Ludang Gardens, Yijiang", "villa", "villa", Announced, 268_800_000, 0, 384_000_000},
		{"芜湖中江码头有限公司 18% 股权", "18 % of the shares in Wuhu Zhongjiang Wharf Ltd", "equity", "equity", Announced, 612_500_000, 0, 875_000_000},
		{"皖 B·D**** 小型轿车（2022 年，3.1 万公里）", "Car, Wan B·D****, 2022, 31,000 km", "car", "vehicle_car", Announced, 7_420_000, 0, 10_600_000},
		{"第 33 类“鸠兹云”注册商标专用权", "Trademark Jiuziyun, class 33", "trademark", "trademark", Suspended, 8_400_000, 0, 12_000_000},
		{"“皖芜货 0588”干货船", "Dry cargo vessel Wanwuhuo 0588", "vessel", "vessel", Paid, 322_000_000, 438_000_000, 460_000_000},
		{"商铺内酒店用品 1,204 件", "1,204 pieces of hotel equipment", "machine", "other_goods", Sold, 8_918_000, 9_640_000, 12_740_000},
		{"中山北路地下车位 3 个", "Three parking spaces, Zhongshan North Road", "block", "parking_space", Unsold, 21_000_000, 0, 30_000_000},
		{"万春中路商铺一处", "Shop, Wanchun Middle Road", "flat-1", "shop", Withdrawn, 64_000_000, 0, 91_430_000},
	} {
		out = append(out, Card{
			ID: fmt.Sprintf("0197f2c4-7a11-7c21-9e0d-3b1f5a2c%04d", i), Title: p.W.Pick(x.zh, x.en), Sub: p.W.Pick("118.46 ㎡，12 层", "118.46 m², 12th floor"), Drawing: x.drawing,
			Court: p.pick(sampleCourt().Name), CaseNumber: "（2026）皖0202执恢318号", Category: x.category, Stage: "first", Phase: x.phase, Extensions: 13,
			StartingPrice: x.start, Price: x.price, Reference: x.ref, Deposit: x.start / 10, Increment: 500_000, Bids: int64(i * 7 % 43), Leader: "N3FTX",
			AnnouncedAt: p.Now.Add(-100 * time.Hour), StartsAt: p.Now.Add(20 * time.Hour), EndsAt: p.Now.Add(time.Duration(i*i*37+4) * time.Minute), Reason: p.W.Pick("被执行人已全部履行", "The debt is paid"),
		})
	}
	return out
}
