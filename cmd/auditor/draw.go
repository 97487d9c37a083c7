package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"mingchui/cmd/auditor/verify"
)

func drawUsage(lang string) string {
	return speak(lang, `auditor draw — 重做一次抽签，并列出任何人如何自行重做

  auditor draw 编号 --log 地址 [--state 文件] [--key 密钥] [--json] [--lang zh|en]

  编号可以是抽签的编号、其三个日志条目之一的编号，或名单条目在日志中的序号（从 0 起）。
  先核对整个日志（同 auditor verify），再打印：名单、名单所定的取值时间和随机数承诺、公开的
  随机数、以取值条目为最后一条的树的大小和根、顺序，以及每一步怎样自行计算。

  例：auditor draw 0197e3a4-1c2d-7e3f-8a9b-0c1d2e3f4a5b --log http://127.0.0.1:8080/log

退出码：0 日志核对无误（尚未抽出的也是）；1 发现问题；2 无法核对，或日志中没有这次抽签。
`, `auditor draw — repeats a draw between equals, and tells how anybody repeats it

  auditor draw ID --log URL [--state FILE] [--key VKEY] [--json] [--lang zh|en]

  ID is the draw's id, the id of one of its three entries in the log, or the index of its
  list's entry (from 0). The whole log is checked first, as by auditor verify. Then it prints
  the list, the time and the commitment that the list fixed, the nonce as opened, size and
  root of the tree that ends with the opening, the order, and how each step is computed.

  For example: auditor draw 0197e3a4-1c2d-7e3f-8a9b-0c1d2e3f4a5b --log http://127.0.0.1:8080/log

Exit status: 0 the log holds (also where nothing is drawn yet); 1 something is wrong;
2 it could not be checked, or the log has no such draw.
`)
}

// showDraw checks the log, and prints one of its draws.
func showDraw(ctx context.Context, s settings, name string, out, progress io.Writer) (int, error) {
	if s.log == "" {
		return 0, errors.New(speak(s.lang, "需要 --log", "--log is needed"))
	}
	o, err := s.options(progress)
	if err != nil {
		return 0, err
	}
	src, err := newWeb(s.log, s.jobs)
	if err != nil {
		return 0, err
	}
	report, err := verify.Run(ctx, src, o)
	if err != nil {
		return 0, err
	}
	i := slices.IndexFunc(report.Draws, func(d verify.DrawReport) bool {
		return slices.Contains([]string{d.Draw, d.ListEntry, d.OpenEntry, d.MadeEntry, strconv.FormatInt(d.ListLeaf, 10)}, name)
	})
	switch {
	case i < 0 && report.OK():
		return 0, fmt.Errorf(speak(s.lang, "日志中没有抽签 %s", "the log has no draw %s"), name)
	case i < 0 && s.json:
		err = writeJSON(out, report)
	case i < 0:
		err = printReport(out, report, s.lang)
	case s.json:
		err = writeJSON(out, report.Draws[i])
	default:
		err = printDraw(out, report, report.Draws[i], s.lang)
	}
	if err != nil {
		return 0, err
	}
	if !report.OK() {
		return exitFound, nil
	}
	return exitHolds, nil
}

// printDraws says how many draws were repeated.
func printDraws(p func(zh, en string, args ...any), list []verify.DrawReport) {
	if len(list) == 0 {
		return
	}
	repeated, waiting := 0, 0
	for _, d := range list {
		switch {
		case d.Repeated:
			repeated++
		case d.Standing != "drawn":
			waiting++
		}
	}
	p("抽签        %d 次，重做相符 %d 次，尚未抽出 %d 次", "draws       %d, repeated with the same order %d, not made yet %d", len(list), repeated, waiting)
}

func printDraw(out io.Writer, r *verify.Report, d verify.DrawReport, lang string) error {
	var b bytes.Buffer
	p := func(zh, en string, args ...any) { fmt.Fprintf(&b, speak(lang, zh, en)+"\n", args...) }
	p("抽签        %s", "draw        %s", d.Draw)
	if d.Lot != "" {
		p("标的        %s，第 %d 顺位债权人", "lot         %s, creditors of rank %d", d.Lot, d.Rank)
	} else {
		p("财产        %s，评估机构", "property    %s, appraisal firms", d.Asset)
	}
	p("名单        第 %d 条（%s），%s", "list        entry %d (%s), %s", d.ListLeaf, d.ListEntry, d.ListedAt)
	names := make(map[string]string, len(d.Candidates))
	for _, c := range d.Candidates {
		names[c.Candidate] = c.Firm
		if c.Firm == "" {
			names[c.Candidate] = fmt.Sprintf(speak(lang, "%d 号债权人", "creditor no. %d"), c.No)
		}
		fmt.Fprintf(&b, "            %s  %s\n", c.Candidate, names[c.Candidate])
	}
	p("取值时间    不早于 %s，承诺 %s", "opens       not before %s, commitment %s", d.OpensAt, d.Commitment)
	if d.Standing == "listed" {
		p("· 尚未取值", "· the value is not opened yet")
	} else {
		p("取值        %s 公开（%s），随机数 %s", "opened      %s (%s), nonce %s", d.OpenedAt, d.OpenEntry, d.Nonce)
		p("树          前 %d 条，根 %s", "tree        the first %d entries, root %s", d.Size, d.Root)
		b.WriteString(howToRepeat(lang))
	}
	for i, c := range d.Order {
		fmt.Fprintf(&b, "  %3d  %s  %s\n", i+1, c, names[c])
	}
	switch {
	case d.Repeated:
		p("✓ 重做得到同样的顺序", "✓ repeated, the draw gives the same order")
	case d.Standing == "opened":
		p("· 尚无顺序条目；取值已经固定", "· no order is entered yet; the value is fixed already")
	}
	b.WriteByte('\n')
	if _, err := out.Write(b.Bytes()); err != nil {
		return fmt.Errorf("print draw: %w", err)
	}
	if r.OK() {
		return nil
	}
	return printReport(out, r, lang)
}

func howToRepeat(lang string) string {
	return speak(lang, `
自行重做（SHA-256；编号按 16 字节，随机数和根按 32 字节）：
  1. SHA-256("mingchui/draw/v1/nonce\n" ‖ 抽签编号 ‖ 随机数) 等于名单的承诺。
  2. 以取值条目为最后一条，按 RFC 6962 由日志条目算出树根：取值。
  3. 候选人按编号的字节从小到大排列。第 k 个数（k 从 0 起）是
     SHA-256("mingchui/draw/v1\n" ‖ 根 ‖ 抽签编号 ‖ k 的 8 字节大端) 的前 8 字节，大端。
  4. i 从最后一位到第二位（最后一位 i 为人数减一，第二位为 1）：取下一个数 x；若 x 不小于
     不超过 2^64 的 (i+1) 的最大倍数，弃之另取；第 i 位与第 x mod (i+1) 位交换（从 0 数）。
顺序：
`, `
To repeat it yourself (SHA-256; ids in 16 bytes, nonce and root in 32):
  1. SHA-256("mingchui/draw/v1/nonce\n" ‖ draw id ‖ nonce) is the list's commitment.
  2. Compute the root of the tree that ends with the opening from the entries (RFC 6962): the value.
  3. Sort the candidates by the bytes of their ids. The k-th number (k from 0) is the first eight
     bytes, big-endian, of SHA-256("mingchui/draw/v1\n" ‖ root ‖ draw id ‖ k in 8 bytes big-endian).
  4. For i from the last place down to the second (counted from 0): take the next number x; if x is
     not below the largest multiple of i+1 up to 2^64, throw it away and take the next; swap place
     i with place x mod (i+1).
Order:
`)
}
