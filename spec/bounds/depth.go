package bounds

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/retainctl/retainctl/spec/diag"
)

// MaxDepth is the number of levels that brackets, templates and operators may nest. The
// parsers and the evaluator are recursive, and Go cannot recover from an exhausted stack:
// a file of a million "(" in a pull request would crash the process.
const MaxDepth = 500

// Source returns a diagnostic if the file src nests deeper than MaxDepth, or has a number that
// takes minutes to format; nil if it does not. It does not recurse itself.
func Source(src []byte, name string, isJSON bool) *hcl.Diagnostic {
	if isJSON {
		return checkJSONDepth(src, name)
	}
	tokens, _ := hclsyntax.LexConfig(src, name, hcl.InitialPos)
	return Tokens(tokens)
}

// nesting counts the open levels of a source at one token.
type nesting struct {
	total int // brackets, and the operators of all open levels
	level
	outer []level
}

// level is the inside of one bracket.
type level struct {
	operators int  // of the current expression
	lines     bool // a new line ends the expression
}

func (n *nesting) add(by int) { n.operators, n.total = n.operators+by, n.total+by }

func (n *nesting) open(lines bool) {
	n.outer = append(n.outer, n.level)
	n.level, n.total = level{lines: lines}, n.total+1
}

func (n *nesting) close() {
	n.endExpression()
	if last := len(n.outer) - 1; last >= 0 {
		n.level, n.outer = n.outer[last], n.outer[:last]
		n.total--
	}
}

func (n *nesting) endExpression() { n.total, n.operators = n.total-n.operators, 0 }

// Tokens returns a diagnostic if an expression or a template nests deeper than MaxDepth, or
// has a number that takes minutes to format; nil if it does not.
func Tokens(tokens hclsyntax.Tokens) *hcl.Diagnostic { return checkNesting(tokens, MaxDepth) }

// checkNesting counts brackets, and whatever nests without brackets: `!!!a`,
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
			n.open(firstWord(tokens[i+1:]) != "for")
		case hclsyntax.TokenOParen, hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc, hclsyntax.TokenTemplateInterp:
			n.open(false)
		case hclsyntax.TokenCParen, hclsyntax.TokenCBrace, hclsyntax.TokenCBrack,
			hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc, hclsyntax.TokenTemplateSeqEnd:
			n.close()
		case hclsyntax.TokenComma:
			n.endExpression()
		case hclsyntax.TokenNewline, hclsyntax.TokenComment:
			if n.lines && bytes.HasSuffix(t.Bytes, []byte("\n")) { // a line comment includes the line break
				n.endExpression()
			}
		case hclsyntax.TokenNumberLit:
			if hugeExponent(t.Bytes) {
				return tooLarge(t.Range)
			}
		case hclsyntax.TokenIdent, hclsyntax.TokenStringLit, hclsyntax.TokenQuotedLit,
			hclsyntax.TokenDot, hclsyntax.TokenEOF:
		default:
			n.add(1)
		}
		if n.total > limit {
			return tooDeep(t.Range)
		}
	}
	return nil
}

// controlDepth returns by how much a template directive changes the depth.
func controlDepth(after hclsyntax.Tokens) int {
	switch firstWord(after) {
	case "if", "for":
		return 1
	case "endif", "endfor":
		return -1
	}
	return 0
}

// firstWord returns the first token that is not white space, or "".
func firstWord(tokens hclsyntax.Tokens) string {
	for _, t := range tokens {
		if t.Type != hclsyntax.TokenNewline && t.Type != hclsyntax.TokenComment {
			return string(t.Bytes)
		}
	}
	return ""
}

// checkJSONDepth counts brackets outside strings, and checks strings as templates.
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

// jsonString returns the length of the JSON string at the start of src, in bytes.
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

// checkTemplate checks a JSON string, which is a template, or an expression if the argument
// is a type. As an expression, most strings are mere text, perhaps with hundreds of dashes,
// so it refuses only an expression that could exhaust the stack.
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

// hugeExponent reports whether a number has an exponent of more than three digits, such as
// 1e999999999. Numbers are exact, and formatting that one takes minutes and a gigabyte.
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
	return diag.Errorf(&at, "Number too large", "The exponent of this number has more than three digits. "+
		"No message needs such a number; check for a misplaced \"e\", or write the value as a string.")
}

func tooDeep(at hcl.Range) *hcl.Diagnostic {
	return diag.Errorf(&at, "Nested too deeply", "Brackets, templates and operators nest more than %d levels deep here. "+
		"Move parts of this into locals, or keep the data in a file that jsondecode or csvdecode reads.", MaxDepth)
}
