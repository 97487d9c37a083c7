package law

import (
	"fmt"
	"strings"
)

// Percent writes thousandths as per cent, without the sign: 50 as 5, 725 as 72.5.
func Percent(permille int64) string {
	return strings.TrimSuffix(fmt.Sprintf("%d.%d", permille/10, permille%10), ".0")
}
