// Package render turns plans, reports, states and diagnostics into text, JSON, Markdown and HTML. It is the only
// package that formats: the others pass values to it, and it writes everything that people or programs read.
//
// No part of a payload, topic, property or file name reaches the output unescaped: see Escape. Colour and width are
// arguments, never globals.
package render

import (
	"strconv"
	"strings"
)

// Style is what the output device can show. The zero value is plain text.
type Style struct {
	Color bool // ANSI sequences for colours and bold text
	Width int  // columns; 0 is 78, where Terraform wraps without a terminal
}

// The ANSI sequences that are used.
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

// paint wraps text in ANSI sequences if the device takes them.
func (s Style) paint(text string, codes ...string) string {
	if !s.Color || text == "" {
		return text
	}
	return strings.Join(codes, "") + text + reset
}

// number returns n with its digits grouped by thousands: "10,000".
func number(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Count returns a number with its noun, to which it adds "s" for a plural: "1 topic", "10,000 topics".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return number(n) + " " + noun + "s"
}
