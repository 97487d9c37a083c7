package account

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"mingchui/auction/fault"
)

// The bounds of a password, in characters: NIST SP 800-63B asks for eight at
// least and no rules of composition; the upper bound keeps hashing cheap.
const (
	MinPassword = 8
	MaxPassword = 128
)

// loginShape: what a person can type anywhere; letters of any script, digits, . _ - + @.
var loginShape = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}._@+-]{2,63}$`)

// checkLogin answers invalid_request in field login.
func checkLogin(login string) error {
	if !utf8.ValidString(login) || !loginShape.MatchString(login) {
		return fault.New(fault.Invalid, fault.InvalidRequest).InField("login")
	}
	return nil
}

// checkPassword answers password_weak in field password, with min and max.
func checkPassword(login, password string) error {
	weak := fault.New(fault.Invalid, fault.PasswordWeak).InField("password").With("min", MinPassword).With("max", MaxPassword)
	n := utf8.RuneCountInString(password)
	if n < MinPassword || n > MaxPassword || !utf8.ValidString(password) {
		return weak
	}
	p, l := strings.ToLower(password), strings.ToLower(login)
	if p == l || oneCharacter(p) || strings.Contains(common, "\n"+p+"\n") {
		return weak
	}
	return nil
}

func oneCharacter(s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	return strings.Trim(s, string(first)) == ""
}

// common are the passwords of eight characters and more that lists of leaked
// ones begin with, in lower case, a line each.
const common = `
12345678
123456789
1234567890
12345678910
0123456789
987654321
9876543210
87654321
123123123
1234qwer
123qweasd
147258369
11223344
12341234
1q2w3e4r
1q2w3e4r5t
1qaz2wsx
abc12345
abcd1234
admin123
administrator
asdfghjkl
baseball
changeme
computer
football
iloveyou
internet
letmein1
michelle
p@ssw0rd
passw0rd
password
password1
password12
password123
princess
q1w2e3r4
qazwsxedc
qq123456
qwer1234
qwerty12
qwerty123
qwertyuiop
samsung1
sunshine
superman
test1234
trustno1
welcome1
whatever
woaini520
woaini1314
a1234567
a12345678
a123456789
aa123456
aaa123456
abc123456
zxcvbnm1
zxcvbnm123
5201314520
`
