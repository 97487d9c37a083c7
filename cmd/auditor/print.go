package main

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"mingchui/auction/audit"
	"mingchui/bidding/course"
	"mingchui/cmd/auditor/verify"
)

// maxLotsShown bounds the lots of a printed report; --json has all.
const maxLotsShown = 60

func usage(lang string) string {
	return speak(lang, `auditor — 核对明槌的透明日志，并按规则重演拍卖

  auditor verify --log 地址 [--lot 编号] [--state 文件] [--key 密钥] [--jobs N] [--json]
      从地址（如 http://127.0.0.1:8080/log）读取整个日志，核对检查点签名、每一条目的
      哈希、每一哈希块和条目形式，再重演每个标的：合议庭表决、公告、竞价、成交确认。
  auditor receipt 文件 [--log 地址] [--key 密钥] [--json]
      核对出价回执；给出 --log 时在日志中找到这一条目，并核对日志。拒绝出价的回执同样
      核对；给出 --log 时按日志中的竞价过程重判这次出价。
  auditor draw 编号 --log 地址 [--json]
      重做一次抽签，并逐步列出任何人如何自行重做；见 auditor draw --help。

  --state 文件   记住本次核对过的检查点；下次据此发现被改写或截短的日志
  --key 密钥     日志的验证密钥；不给时用 --state 中的，再没有则信任日志自己给出的
  --lot 编号     只重演这一标的
  --jobs N       同时读取的条目包数
  --json         以 JSON 输出
  --lang zh|en   报告的语言
  --quiet        不显示进度

退出码：0 核对无误；1 发现问题；2 无法核对。
`, `auditor — checks a transparency log of Mingchui and re-runs its auctions by the rules

  auditor verify --log URL [--lot ID] [--state FILE] [--key VKEY] [--jobs N] [--json]
      Reads the whole log from its address (such as http://127.0.0.1:8080/log), checks the
      checkpoint's signature, the hash of every entry, every tile and the form of every
      entry, then re-runs each lot: the panel's votes, announcement, bidding, confirmation.
  auditor receipt FILE [--log URL] [--key VKEY] [--json]
      Checks the receipt of a bid; with --log finds its entry in the log and checks the log.
      Or the receipt of a refused bid; with --log judges the bid anew by the log.
  auditor draw ID --log URL [--json]
      Repeats a draw between equals and tells step by step how anybody repeats it; see
      auditor draw --help.

  --state FILE   remembers the checkpoint of this run; the next one finds by it a log that
                 was rewritten or cut
  --key VKEY     the log's verifier key; without it the one in --state, and without that the
                 one that the log itself names, which is said in the report
  --lot ID       re-run this lot alone
  --jobs N       how many entry bundles are read at a time
  --json         write JSON
  --lang zh|en   the language of the report
  --quiet        show no progress

Exit status: 0 everything checked holds; 1 something is wrong; 2 it could not be checked.
`)
}

func printReport(out io.Writer, r *verify.Report, lang string) error {
	var b bytes.Buffer
	p := func(zh, en string, args ...any) { fmt.Fprintf(&b, speak(lang, zh, en)+"\n", args...) }
	p("日志        %s", "log         %s", r.Origin)
	p("密钥        %s（%s）", "key         %s (%s)", audit.LogKey(r.VerifierKey), trust(r.KeyTrust, lang))
	p("检查点      %d 条，根 %s", "checkpoint  %d entries, root %s", r.Size, r.Root)
	if r.Earlier != nil {
		p("先前        %d 条，根 %s", "earlier     %d entries, root %s", r.Earlier.Size, r.Earlier.Root)
	}
	p("已核对      %d 条条目，%d 个条目包，%d 个哈希块", "checked     %d entries, %d bundles, %d tiles", r.Entries, r.Bundles, r.Tiles)
	for _, k := range r.Kinds {
		fmt.Fprintf(&b, "            %8d  %s\n", k.Count, k.Kind)
	}
	printLots(&b, r.Lots, lang)
	printDraws(p, r.Draws)
	b.WriteByte('\n')
	if r.OK() {
		p("结论：核对无误。", "Result: everything that was checked holds.")
	} else {
		p("结论：发现 %d 处问题。", "Result: %d found wrong.", int64(len(r.Findings))+r.Omitted)
		for _, f := range r.Findings {
			printFinding(&b, f, lang)
		}
		if r.Omitted > 0 {
			p("  另有 %d 处未列出", "  %d more are not listed", r.Omitted)
		}
	}
	p("\n没有核对的：", "\nNot checked:")
	for _, n := range r.NotChecked {
		fmt.Fprintf(&b, "  · %s\n", speak(lang, n.TextZH, n.TextEN))
	}
	if _, err := out.Write(b.Bytes()); err != nil {
		return fmt.Errorf("print report: %w", err)
	}
	return nil
}

func trust(t verify.Trust, lang string) string {
	switch t {
	case verify.KeyGiven:
		return speak(lang, "由 --key 指定", "named by --key")
	case verify.KeyRemembered:
		return speak(lang, "先前记住的", "remembered from an earlier run")
	case verify.KeyFirstUse:
		return speak(lang, "取自日志本身，首次使用即信任", "from the log itself, trusted on first use")
	}
	return string(t)
}

func printLots(b *bytes.Buffer, lots []verify.LotReport, lang string) {
	fmt.Fprintf(b, speak(lang, "已重演      %d 个标的\n", "re-run      %d lots\n"), len(lots))
	for i, l := range lots {
		if i == maxLotsShown {
			fmt.Fprintf(b, speak(lang, "  另有 %d 个标的，见 --json\n", "  %d more lots, see --json\n"), len(lots)-i)
			return
		}
		mark := "✓"
		if l.Findings > 0 {
			mark = "✗"
		}
		fmt.Fprintf(b, "  %s %s  %s", mark, l.Lot, standing(l.Standing, lang))
		if l.Bids > 0 {
			fmt.Fprintf(b, speak(lang, "  出价 %d 次，延时 %d 次，%s 元，%s", "  %d bids, %d extensions, %s yuan, %s"),
				l.Bids, l.Extensions, l.PriceFen, l.LeaderCode)
		}
		b.WriteByte('\n')
	}
}

// standing is where a lot stands, in the reader's language.
func standing(s, lang string) string {
	zh := map[string]string{
		"listed": "已登记", "announced": "已公告", "open": "竞价中", "stayed": "已中止",
		"sold": "成交", "unsold": "流拍", "withdrawn": "已撤回", "broken": "有误",
	}[s]
	return speak(lang, zh, fmt.Sprintf("%-9s", s))
}

func printFinding(b *bytes.Buffer, f verify.Finding, lang string) {
	fmt.Fprintf(b, "  ✗ [%s]", f.Rule)
	if f.Leaf >= 0 {
		fmt.Fprintf(b, speak(lang, " 第 %d 条", " entry %d"), f.Leaf)
	}
	if f.Lot != "" {
		fmt.Fprintf(b, speak(lang, " 标的 %s", " lot %s"), f.Lot)
	}
	if f.Seq > 0 {
		fmt.Fprintf(b, " seq %d", f.Seq)
	}
	fmt.Fprintf(b, ": %s\n", speak(lang, f.TextZH, f.TextEN))
}

func printReceipt(out io.Writer, r *verify.ReceiptReport, lang string) error {
	var b bytes.Buffer
	p := func(zh, en string, args ...any) { fmt.Fprintf(&b, speak(lang, zh, en)+"\n", args...) }
	if r.Promised {
		p("回执        %s，%s", "receipt     %s, %s", r.Kind, r.At)
		if r.Lot != "" {
			p("标的        %s，seq %d", "lot         %s, seq %d", r.Lot, r.Seq)
		}
		p("内容        %s", "content     %s", r.Body)
		p("✓ 签名有效：该行为已被确认入库", "✓ the signature holds: the act was acknowledged as committed")
	}
	switch {
	case r.Proven:
		p("✓ 回执自带的证明有效：第 %d 条", "✓ the receipt's own proof holds: entry %d", r.Index)
	case r.Promised:
		p("· 回执还没有带入日志的证明", "· the receipt carries no proof of its place in the log yet")
	}
	if r.Found {
		p("✓ 日志中有这一条目：第 %d 条", "✓ the log has the entry: entry %d", r.Index)
	}
	if r.Fault != nil {
		printFinding(&b, *r.Fault, lang)
	}
	if _, err := out.Write(b.Bytes()); err != nil {
		return fmt.Errorf("print report: %w", err)
	}
	if r.Log != nil {
		if _, err := io.WriteString(out, "\n"); err != nil {
			return fmt.Errorf("print report: %w", err)
		}
		return printReport(out, r.Log, lang)
	}
	return nil
}

func printRefusal(out io.Writer, r *verify.RefusalReport, lang string) error {
	var b bytes.Buffer
	p := func(zh, en string, args ...any) { fmt.Fprintf(&b, speak(lang, zh, en)+"\n", args...) }
	if said := r.Refusal; r.Signed {
		p("拒绝回执    %s，竞买代码 %s", "refusal     lot %s, bidder code %s", said.Lot, said.BidderCode)
		p("出价        %s 元，%s 收到", "bid         %s yuan, received %s", said.AmountFen, instantOf(said.ReceivedAt))
		p("答复        %s，%s 作出", "answer      %s, given %s", said.Answer, instantOf(said.DecidedAt))
		if said.Seq > 0 {
			p("依据        第 %d 号事件之后，价格 %s 元，至 %s 结束", "rests on    the course after event %d: price %s yuan, end %s", said.Seq, said.PriceFen, instantOf(said.EndsAt))
		}
		p("✓ 签名有效：平台对这次出价作出了上述答复", "✓ the signature holds: this is what the platform answered to this bid")
		p("· 这是平台签名的答复，不是日志条目；同一出价此后是否以同一 Idempotency-Key 成交在册，以公开记录为准",
			"· It is the platform's signed word, no log entry. Whether the same key placed a bid later, the public record tells")
	}
	switch {
	case r.Judged:
		p("✓ 按日志重判：规则对这次出价给出同样的答复", "✓ judged anew by the log: the rules give this bid the same answer")
	case r.Signed && r.Log == nil:
		p("· 没有核对拒绝是否正确；给出 --log 时按日志重判", "· whether the refusal was right was not checked; with --log the bid is judged anew")
	case r.Signed && r.Fault == nil:
		p("· 这次出价没有经过竞价规则判断，无从重判", "· the bid was not judged by the rules of bidding, so there is nothing to judge anew")
	}
	if r.Fault != nil {
		printFinding(&b, *r.Fault, lang)
	}
	if _, err := out.Write(b.Bytes()); err != nil {
		return fmt.Errorf("print report: %w", err)
	}
	if r.Log == nil {
		return nil
	}
	if _, err := io.WriteString(out, "\n"); err != nil {
		return fmt.Errorf("print report: %w", err)
	}
	return printReport(out, r.Log, lang)
}

// instantOf writes a time as the log does.
func instantOf(t time.Time) string { return course.Instant(t.UnixMilli()) }
