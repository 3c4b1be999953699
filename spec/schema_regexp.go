package spec

import (
	"regexp"
	"regexp/syntax"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// meteredRegexp is a regular expression that spends effort. In Go, matching takes time in
// proportion to the lengths of the text and of the compiled expression.
type meteredRegexp struct {
	*regexp.Regexp
	instructions int
	effort       *effort
}

// regexp compiles an expression of the schema.
func (e *effort) regexp(text string) (jsonschema.Regexp, error) {
	parsed, err := e.parse(text)
	if err != nil {
		return nil, err
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, err
	}
	return meteredRegexp{re, instructions(parsed), e}, nil
}

// parse spends what it takes to compile an expression, before it is compiled. An
// instruction is some 250 bytes, and a{1000} becomes a thousand of them.
func (e *effort) parse(text string) (*syntax.Regexp, error) {
	if err := e.spend(20 * len(text)); err != nil {
		return nil, err
	}
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, err
	}
	return parsed, e.spend(16 * instructions(parsed))
}

// instructions returns about how many instructions an expression becomes. The parser
// bounds them, and how repetitions nest.
func instructions(re *syntax.Regexp) int {
	n := 1
	switch re.Op {
	case syntax.OpLiteral:
		n = len(re.Rune)
	case syntax.OpCharClass:
		n += len(re.Rune) / 32 // ranges of characters
	}
	for _, sub := range re.Sub {
		n += instructions(sub)
	}
	if re.Op == syntax.OpRepeat {
		n *= 1 + max(re.Min, re.Max)
	}
	return n
}

func (r meteredRegexp) MatchString(s string) bool {
	return r.effort.spend(1+len(s)*r.instructions/8) == nil && r.Regexp.MatchString(s)
}
