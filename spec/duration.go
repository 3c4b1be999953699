package spec

import (
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var (
	errTooLong = errors.New("the duration is too long")
	days       = regexp.MustCompile(`^([0-9]{1,6})d(.*)$`)
)

// parseDuration parses a number of seconds, or a duration in Go's syntax, which may begin with
// days: "90", "1h30m", "7d12h".
func parseDuration(s string) (time.Duration, error) {
	if seconds, err := strconv.ParseFloat(s, 64); err == nil {
		if !(math.Abs(seconds) < float64(math.MaxInt64/time.Second)) {
			return 0, errTooLong
		}
		return time.Duration(math.Round(seconds * float64(time.Second))), nil
	}
	m := days.FindStringSubmatch(s)
	if m == nil {
		return time.ParseDuration(s)
	}
	n, err := strconv.Atoi(m[1])
	if err != nil || n > 100_000 {
		return 0, errTooLong
	}
	whole := time.Duration(n) * 24 * time.Hour
	if strings.TrimSpace(m[2]) == "" {
		return whole, nil
	}
	rest, err := time.ParseDuration(m[2])
	return whole + rest, err
}
