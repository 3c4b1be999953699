package bounds

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/retainctl/retainctl/spec/diag"
)

// MaxDepth is how deep brackets, templates and operators may nest. The parsers
// and the evaluator are recursive, and Go cannot recover from a stack that is
// used up: a file of a million "(" from a pull request would end the process.
const MaxDepth = 500

// Source refuses a file that nests deeper than MaxDepth, or has a number that takes
// minutes to spell. It does not recurse itself.
func Source(src []byte, name string, isJSON bool) *hcl.Diagnostic {
	if isJSON {
		return checkJSONDepth(src, name)
	}
	tokens, _ := hclsyntax.LexConfig(src, name, hcl.InitialPos)
	return Tokens(tokens)
}

// nesting is how deep a source is open at one token.
type nesting struct {
	total int // of all levels: brackets and what they hold
	level
	outer []level
}

// level is the inside of one bracket.
type level struct {
	operators int  // of the expression at hand
	lines     bool // a new line ends the expression
}

func (n *nesting) add(by int) { n.operators, n.total = n.operators+by, n.total+by }

func (n *nesting) open(lines bool) {
	n.outer = append(n.outer, n.level)
	n.level, n.total = level{lines: lines}, n.total+1
}

func (n *nesting) close() {
	n.next()
	if last := len(n.outer) - 1; last >= 0 {
		n.level, n.outer = n.outer[last], n.outer[:last]
		n.total--
	}
}

// next ends an expression.
func (n *nesting) next() { n.total, n.operators = n.total-n.operators, 0 }

// Tokens refuses an expression or a template that nests deeper than MaxDepth, or has
// a number that takes minutes to spell.
func Tokens(tokens hclsyntax.Tokens) *hcl.Diagnostic { return checkNesting(tokens, MaxDepth) }

// checkNesting counts brackets, and what nests without one: `!!!a`,
// `a ? b : c ? d : e`, `a[b][c]` and `%{ if a }%{ if b }`.
func checkNesting(tokens hclsyntax.Tokens, limit int) *hcl.Diagnostic {
	n := nesting{level: level{lines: true}}
	for i, t := range tokens {
		switch t.Type {
		case hclsyntax.TokenOBrack:
			n.add(1)
			n.open(false)
		case hclsyntax.TokenTemplateControl:
			n.add(controlDepth(tokens[i+1:]))
			n.open(false)
		case hclsyntax.TokenOBrace:
			n.open(word(tokens[i+1:]) != "for")
		case hclsyntax.TokenOParen, hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc, hclsyntax.TokenTemplateInterp:
			n.open(false)
		case hclsyntax.TokenCParen, hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc, hclsyntax.TokenTemplateSeqEnd:
			n.close()
		case hclsyntax.TokenComma:
			n.next()
		case hclsyntax.TokenNewline, hclsyntax.TokenComment:
			if n.lines && bytes.HasSuffix(t.Bytes, []byte("\n")) { // a line comment takes the line's end with it
				n.next()
			}
		case hclsyntax.TokenNumberLit:
			if hugeExponent(t.Bytes) {
				return tooLarge(t.Range)
			}
		case hclsyntax.TokenIdent, hclsyntax.TokenStringLit, hclsyntax.TokenQuotedLit, hclsyntax.TokenDot, hclsyntax.TokenEOF:
		default:
			n.add(1)
		}
		if n.total > limit {
			return tooDeep(t.Range)
		}
	}
	return nil
}

// controlDepth returns what a template directive adds to the depth.
func controlDepth(after hclsyntax.Tokens) int {
	switch word(after) {
	case "if", "for":
		return 1
	case "endif", "endfor":
		return -1
	}
	return 0
}

// word returns the first of the tokens that is not white space.
func word(tokens hclsyntax.Tokens) string {
	for _, t := range tokens {
		if t.Type != hclsyntax.TokenNewline && t.Type != hclsyntax.TokenComment {
			return string(t.Bytes)
		}
	}
	return ""
}

// checkJSONDepth counts brackets outside strings, and looks into the templates
// that strings may be.
func checkJSONDepth(src []byte, name string) *hcl.Diagnostic {
	depth, line, lineStart := 0, 1, 0
	at := func(i, n int) hcl.Range {
		start := hcl.Pos{Line: line, Column: i - lineStart + 1, Byte: i}
		end := hcl.Pos{Line: line, Column: i - lineStart + 1 + n, Byte: i + n}
		return hcl.Range{Filename: name, Start: start, End: end}
	}
	for i := 0; i < len(src); i++ {
		switch src[i] {
		case '\n':
			line, lineStart = line+1, i+1
		case '{', '[':
			if depth++; depth > MaxDepth {
				return tooDeep(at(i, 1))
			}
		case '}', ']':
			depth--
		case 'e', 'E':
			if hugeExponent(src[i:min(len(src), i+8)]) {
				return tooLarge(at(i, 1))
			}
		case '"':
			n := jsonString(src[i:])
			if d := checkTemplate(src[i:i+n], at(i, n)); d != nil {
				return d
			}
			i += n - 1
		}
	}
	return nil
}

// jsonString returns the length of the string that src begins with.
func jsonString(src []byte) int {
	for i := 1; i < len(src); i++ {
		switch src[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(src)
}

// checkTemplate looks into a string, which is a template, or an expression if a type is
// wanted. Most strings are just text there, perhaps with hundreds
// of dashes, so that only what could use up the stack is refused.
func checkTemplate(literal []byte, at hcl.Range) *hcl.Diagnostic {
	const maxText = 20_000
	var s string
	if json.Unmarshal(literal, &s) != nil {
		return nil
	}
	var d *hcl.Diagnostic
	if strings.Contains(s, "${") || strings.Contains(s, "%{") {
		tokens, _ := hclsyntax.LexTemplate([]byte(s), at.Filename, at.Start)
		d = Tokens(tokens)
	}
	if d == nil && len(s) > maxText {
		tokens, _ := hclsyntax.LexExpression([]byte(s), at.Filename, at.Start)
		if checkNesting(tokens, maxText) != nil {
			d = tooDeep(at)
		}
	}
	if d != nil {
		d.Subject = &at
	}
	return d
}

// hugeExponent reports whether a number is one like 1e999999999. Numbers are exact
// here, and to spell that one takes minutes and a gigabyte.
func hugeExponent(number []byte) bool {
	i := bytes.IndexAny(number, "eE")
	if i < 0 {
		return false
	}
	digits := bytes.TrimLeft(number[i+1:], "+-0")
	end := bytes.IndexFunc(digits, func(r rune) bool { return r < '0' || r > '9' })
	if end >= 0 {
		digits = digits[:end]
	}
	return len(digits) > 3
}

func tooLarge(at hcl.Range) *hcl.Diagnostic {
	return diag.Errorf(&at, "Number too large", "The exponent of this number has more than three digits. No message needs such a number; check for a misplaced \"e\", or write the value as a string.")
}

func tooDeep(at hcl.Range) *hcl.Diagnostic {
	return diag.Errorf(&at, "Nested too deeply",
		"Brackets, templates and operators nest more than %d levels deep here. Name parts of this in locals, or keep the data in a file that jsondecode or csvdecode reads.", MaxDepth)
}
