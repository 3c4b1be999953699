package spec

import (
	"bytes"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/retainctl/retainctl/spec/bounds"
)

// Format returns the source of a file in native syntax in canonical style, which is that of
// "terraform fmt": aligned, labels in quotes, no "${...}" around a lone expression. The result
// is nil if the diagnostics have errors. The hcl.File is for a diagnostic writer, and is never
// nil; name is its name.
func Format(src []byte, name string) ([]byte, *hcl.File, hcl.Diagnostics) {
	if d := bounds.Source(src, name, false); d != nil {
		return nil, &hcl.File{Bytes: src}, hcl.Diagnostics{d}
	}
	file, diags := hclsyntax.ParseConfig(src, name, hcl.InitialPos)
	if diags.HasErrors() {
		return nil, file, diags
	}
	if writable, bad := hclwrite.ParseConfig(src, name, hcl.InitialPos); !bad.HasErrors() {
		normalize(writable.Body())
		src = writable.Bytes()
	}
	return hclwrite.Format(src), file, diags
}

// normalize rewrites constructs that have several spellings into the canonical one.
func normalize(body *hclwrite.Body) {
	for name, attr := range body.Attributes() {
		tokens := attr.Expr().BuildTokens(nil)
		if bare := unwrapped(tokens); bare != nil {
			body.SetAttributeRaw(name, bare)
		}
	}
	for _, block := range body.Blocks() {
		if labels := block.Labels(); len(labels) > 0 {
			block.SetLabels(labels)
		}
		if attr := block.Body().GetAttribute("type"); attr != nil && block.Type() == "variable" {
			if typ := typeKeyword(attr); typ != nil {
				block.Body().SetAttributeRaw("type", typ)
			}
		}
		normalize(block.Body())
	}
}

// typeKeyword returns the type for one in quotes, as early versions of Terraform required them:
// string for "string", list(string) for "list". It returns nil for any other expression.
func typeKeyword(attr *hclwrite.Attribute) hclwrite.Tokens {
	keywords := map[string]string{
		`"string"`: "string", `"number"`: "number", `"bool"`: "bool", `"any"`: "any",
		`"list"`: "list(string)", `"map"`: "map(string)",
	}
	if keyword := keywords[string(bytes.TrimSpace(attr.Expr().BuildTokens(nil).Bytes()))]; keyword != "" {
		return hclwrite.Tokens{{Type: hclsyntax.TokenIdent, Bytes: []byte(keyword)}}
	}
	return nil
}

// unwrapped returns the expression within a template that is only "${...}", or nil for any
// other expression. An expression of several lines is put in parentheses, which it needs
// outside of a template.
func unwrapped(tokens hclwrite.Tokens) hclwrite.Tokens {
	n := len(tokens)
	if n < 5 || tokens[0].Type != hclsyntax.TokenOQuote || tokens[1].Type != hclsyntax.TokenTemplateInterp ||
		tokens[n-2].Type != hclsyntax.TokenTemplateSeqEnd || tokens[n-1].Type != hclsyntax.TokenCQuote ||
		len(tokens[1].Bytes) != len("${") || len(tokens[n-2].Bytes) != len("}") { // "${~" strips white space, so it must stay
		return nil
	}
	inside := trimNewlines(tokens[2 : n-2])
	depth, lines := 0, false
	for _, t := range inside {
		switch t.Type {
		case hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc:
			depth++
		case hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc:
			depth--
		case hclsyntax.TokenNewline:
			lines = true
		case hclsyntax.TokenQuotedLit, hclsyntax.TokenStringLit, hclsyntax.TokenTemplateInterp,
			hclsyntax.TokenTemplateControl:
			if depth == 0 { // the template has more parts: "${a}-${b}"
				return nil
			}
		}
	}
	if !lines {
		return inside
	}
	paren := func(typ hclsyntax.TokenType, text string) hclwrite.Tokens {
		return hclwrite.Tokens{{Type: typ, Bytes: []byte(text)}}
	}
	return append(append(paren(hclsyntax.TokenOParen, "("), inside...), paren(hclsyntax.TokenCParen, ")")...)
}

func trimNewlines(tokens hclwrite.Tokens) hclwrite.Tokens {
	newline := func(t *hclwrite.Token) bool { return t.Type == hclsyntax.TokenNewline }
	for len(tokens) > 0 && newline(tokens[0]) {
		tokens = tokens[1:]
	}
	for len(tokens) > 0 && newline(tokens[len(tokens)-1]) {
		tokens = tokens[:len(tokens)-1]
	}
	return tokens
}
