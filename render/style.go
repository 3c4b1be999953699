// Package render turns plans, reports, states and diagnostics into text, JSON,
// Markdown and HTML. It is the only package that formats: the others hand over
// values, and everything that people or programs read is spelled here.
//
// Nothing that comes from a payload, topic, property or file name reaches the
// output raw: see Escape. Colour and width are arguments, never globals.
package render

import (
	"strconv"
	"strings"
)

// Style says what the output device can show.
type Style struct {
	Color bool
	Width int // columns; 0 is 78, which is what Terraform wraps at without a terminal
}

// The eight ANSI sequences that are used.
const (
	reset     = "\x1b[0m"
	bold      = "\x1b[1m"
	dim       = "\x1b[2m"
	underline = "\x1b[4m"
	red       = "\x1b[31m"
	green     = "\x1b[32m"
	yellow    = "\x1b[33m"
	cyan      = "\x1b[36m"
)

const defaultWidth = 78

func (s Style) width() int {
	if s.Width > 0 {
		return s.Width
	}
	return defaultWidth
}

// paint wraps text in ANSI sequences where the device takes them.
func (s Style) paint(text string, codes ...string) string {
	if !s.Color || text == "" {
		return text
	}
	return strings.Join(codes, "") + text + reset
}

// number groups the digits of n by thousands: 10,000.
func number(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Count gives a number with its noun: "1 topic", "10,000 topics".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return number(n) + " " + noun + "s"
}
