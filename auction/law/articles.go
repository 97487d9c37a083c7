package law

// Source is where a rule of the rule book stands in the law.
type Source struct {
	// TextZH and TextEN name the source text and its article, as a problem
	// document and a page quote it. "ours" rules name the platform.
	TextZH, TextEN string
}

// Article finds the source of a row of the rule book (R20a); ok is false for
// rows that no code refuses by.
func Article(rule string) (Source, bool) {
	s, ok := articles[rule]
	return s, ok
}

// articles quotes the sources of the rows that refusals and duties name.
var articles = map[string]Source{ //nolint:gochecknoglobals // a table
	"R6":    {"法释〔2016〕18号第6条、第27条", "Fa Shi (2016) No. 18, arts. 6, 27"},
	"R3":    {"法释〔2016〕18号第3条", "Fa Shi (2016) No. 18, art. 3"},
	"R6s":   {"拍卖规定（2020）第6条", "Auction and sale provisions (2020), art. 6"},
	"R7":    {"法释〔2016〕18号第7条", "Fa Shi (2016) No. 18, art. 7"},
	"R8":    {"法释〔2016〕18号第8条", "Fa Shi (2016) No. 18, art. 8"},
	"R12d":  {"拍卖规定（2020）第12条", "Auction and sale provisions (2020), art. 12"},
	"R14s":  {"拍卖规定（2020）第14条", "Auction and sale provisions (2020), art. 14"},
	"R16d":  {"拍卖规定（2020）第16条", "Auction and sale provisions (2020), art. 16"},
	"R24r":  {"拍卖规定（2020）第24条、第25条", "Auction and sale provisions (2020), arts. 24, 25"},
	"R29":   {"法释〔2016〕18号第29条", "Fa Shi (2016) No. 18, art. 29"},
	"R31":   {"法释〔2016〕18号第31条、第36条", "Fa Shi (2016) No. 18, arts. 31, 36"},
	"R31d":  {"拍卖规定（2020）第31条、第32条", "Auction and sale provisions (2020), arts. 31, 32"},
	"R10":   {"法释〔2016〕18号第10条", "Fa Shi (2016) No. 18, art. 10"},
	"R10p":  {"法释〔2018〕15号第27条等", "Fa Shi (2018) No. 15, art. 27 and others"},
	"R11":   {"法释〔2016〕18号第11条", "Fa Shi (2016) No. 18, art. 11"},
	"R12":   {"法释〔2016〕18号第12条", "Fa Shi (2016) No. 18, art. 12"},
	"R13":   {"法释〔2016〕18号第13条", "Fa Shi (2016) No. 18, art. 13"},
	"R14":   {"法释〔2016〕18号第14条", "Fa Shi (2016) No. 18, art. 14"},
	"R15":   {"拍卖规定（2020）第15条", "Auction and sale provisions (2020), art. 15"},
	"R15w":  {"法释〔2016〕18号第15条", "Fa Shi (2016) No. 18, art. 15"},
	"R12e":  {"法释〔2021〕20号第12条至第15条", "Fa Shi (2021) No. 20, arts. 12-15"},
	"R16":   {"法释〔2016〕18号第16条", "Fa Shi (2016) No. 18, art. 16"},
	"R17":   {"法释〔2016〕18号第17条", "Fa Shi (2016) No. 18, art. 17"},
	"R17h":  {"法释〔2021〕18号第2条", "Fa Shi (2021) No. 18, art. 2"},
	"R17w":  {"拍卖规定（2020）第17条、第19条", "Auction and sale provisions (2020), arts. 17, 19"},
	"R18":   {"法释〔2016〕18号第18条", "Fa Shi (2016) No. 18, art. 18"},
	"R19":   {"法释〔2016〕18号第19条", "Fa Shi (2016) No. 18, art. 19"},
	"R20a":  {"法释〔2016〕18号第20条；整档加价与领先者不自抬为平台规则", "Fa Shi (2016) No. 18, art. 20; whole increments and no bid against oneself are the platform's rule"},
	"R20b":  {"法释〔2016〕18号第20条第2款", "Fa Shi (2016) No. 18, art. 20(2)"},
	"R20c":  {"法释〔2016〕18号第20条第2款", "Fa Shi (2016) No. 18, art. 20(2)"},
	"R20d":  {"法释〔2016〕18号第20条第2款、第3款", "Fa Shi (2016) No. 18, art. 20(2) and (3)"},
	"R20r":  {"拍卖规定（2020）第20条、第26条、第27条", "Auction and sale provisions (2020), arts. 20, 26, 27"},
	"R21":   {"法释〔2016〕18号第21条", "Fa Shi (2016) No. 18, art. 21"},
	"R22":   {"法释〔2016〕18号第22条", "Fa Shi (2016) No. 18, art. 22"},
	"R23":   {"法释〔2016〕18号第23条", "Fa Shi (2016) No. 18, art. 23"},
	"R24":   {"法释〔2016〕18号第24条", "Fa Shi (2016) No. 18, art. 24"},
	"R24x":  {"法释〔2016〕18号第24条第2款", "Fa Shi (2016) No. 18, art. 24(2)"},
	"R25":   {"法释〔2016〕18号第25条", "Fa Shi (2016) No. 18, art. 25"},
	"R26":   {"法释〔2016〕18号第26条", "Fa Shi (2016) No. 18, art. 26"},
	"R26n":  {"刑事裁判涉财产部分执行规定第12条第2款", "Provisions on property parts of criminal judgments (2014), art. 12(2)"},
	"R26s":  {"法明传〔2017〕455号", "Fa Ming Chuan (2017) No. 455"},
	"R2024": {"法〔2024〕238号", "Fa (2024) No. 238"},
	"R28":   {"法释〔2016〕18号第28条", "Fa Shi (2016) No. 18, art. 28"},
	"R28o":  {"平台规则（在法释〔2016〕18号第28条之内）", "rule of this platform, within Fa Shi (2016) No. 18, art. 28"},
	"R28p":  {"拍卖规定（2020）第28条", "Auction and sale provisions (2020), art. 28"},
	"R30":   {"法释〔2016〕18号第30条", "Fa Shi (2016) No. 18, art. 30"},
	"R34":   {"法释〔2016〕18号第34条", "Fa Shi (2016) No. 18, art. 34"},
	"F1":    {"法发〔2017〕6号", "Fa Fa (2017) No. 6"},
	"F2":    {"法发〔2017〕6号", "Fa Fa (2017) No. 6"},
	"F5":    {"法发〔2017〕6号", "Fa Fa (2017) No. 6"},
}
