package render

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/mqtt"
)

// snippet is the source that a diagnostic is about, in Terraform's JSON form.
type snippet struct {
	Context   *string        `json:"context"`
	Code      string         `json:"code"`
	StartLine int            `json:"start_line"`
	Start     int            `json:"highlight_start_offset"`
	End       int            `json:"highlight_end_offset"`
	Values    []snippetValue `json:"values"`
	Call      *functionCall  `json:"function_call,omitempty"`
}

type snippetValue struct {
	Traversal string `json:"traversal"`
	Statement string `json:"statement"`
}

// snippetOf cuts the lines of a diagnostic out of its file. It returns nil if there is nothing that may be shown.
func snippetOf(files map[string]*hcl.File, d *hcl.Diagnostic) *snippet {
	if d.Subject == nil {
		return nil
	}
	file := files[d.Subject.Filename]
	if file == nil || !showsSource(d.Subject.Filename, file, *d.Subject) {
		return nil
	}
	subject := atLeastOne(*d.Subject)
	whole := subject
	if d.Context != nil {
		whole = hcl.RangeOver(subject, *d.Context)
	}
	found := &snippet{StartLine: subject.Start.Line, Values: []snippetValue{}}
	if c := contextOf(file, d.Subject.Start.Byte); c != "" {
		found.Context = &c
	}
	found.cut(file, whole, subject)
	if found.Code == "" || insideSecret(file, *d.Subject, found.StartLine) {
		return nil
	}
	masked := found.mask(d.Summary == "Unsupported argument")
	if !strings.Contains(found.Code, "\n") {
		found.Code, found.Start, found.End = window(found.Code, found.Start, found.End)
	}
	if masked {
		return found
	}
	found.Values, found.Call = valuesOf(d), callOf(d)
	return found
}

// snippetReach is the number of bytes before and after a diagnostic's place that are looked at. A generated
// configuration may have megabytes in one line.
const snippetReach = 8 << 10

// cut takes the lines that whole touches, and marks the part of them that is subject.
func (s *snippet) cut(file *hcl.File, whole, subject hcl.Range) {
	src := file.Bytes
	at := min(subject.Start.Byte, len(src))
	from := bytes.LastIndexByte(src[:min(whole.Start.Byte, len(src))], '\n') + 1
	to := min(max(whole.End.Byte-1, from), len(src)) // the line of the last byte, which may be a line's end
	if end := bytes.IndexByte(src[to:], '\n'); end >= 0 {
		to += end
	} else {
		to = len(src)
	}
	first := max(from, runeStart(src, at-snippetReach))
	to = max(first, min(to, runeStart(src, at+snippetReach)))
	s.StartLine = whole.Start.Line + bytes.Count(src[from:first], []byte{'\n'})
	s.Code = strings.TrimSuffix(string(src[first:to]), "\r")
	limit := func(n int) int { return min(max(n-first, 0), len(s.Code)) }
	s.Start, s.End = limit(subject.Start.Byte), limit(subject.End.Byte)
}

// runeStart returns the start of the character at a place in a text. A place outside of the text is moved to its edge.
func runeStart(src []byte, at int) int {
	at = min(max(at, 0), len(src))
	for at > 0 && at < len(src) && !utf8.RuneStart(src[at]) {
		at--
	}
	return at
}

var (
	// secretValue matches from an argument that is always sensitive to the end of the line, which is not shown, whether
	// it is a literal or not.
	secretValue = regexp.MustCompile(`(?mi)(` + secretWord + `"?\s*[=:]|\bsensitive\([^"\n]*").*$`)
	// anyValue matches an argument with its value.
	anyValue = regexp.MustCompile(`(?m)^(\s*[^\s=:]+\s*[=:]).*$`)
	// userInfo matches the name and password of a URL. A password that was not escaped may contain anything but a
	// quote.
	userInfo = regexp.MustCompile(`://[^"\n]*@`)
)

const secretWord = `[a-z0-9_-]*(?:password|token|secret|access_key|private_key|customer_key)[a-z0-9_-]*`

// mask takes secrets out of the source, and reports whether it had to. With unknown it takes out every value, because
// an unknown argument may be a misspelled "password".
func (s *snippet) mask(unknown bool) bool {
	code := maskURLs(s.Code)
	if unknown {
		code = anyValue.ReplaceAllString(code, "$1 ...")
	}
	if secretValue.MatchString(code) {
		first, _, _ := strings.Cut(code, "\n") // a value may continue over several lines
		code = secretValue.ReplaceAllString(first, "$1 "+mqtt.RedactedText)
		if !strings.Contains(code, mqtt.RedactedText) {
			code = mqtt.RedactedText
		}
	}
	if code == s.Code {
		return false
	}
	s.Code, s.Start, s.End = code, 0, 0
	return true
}

func maskURLs(s string) string {
	return userInfo.ReplaceAllString(s, "://"+mqtt.RedactedText+"@")
}

// insideSecret reports whether a place is within the value of an argument that is always sensitive and that begins
// above firstLine.
func insideSecret(file *hcl.File, at hcl.Range, firstLine int) bool {
	body, ok := file.Body.(*hclsyntax.Body)
	if !ok {
		return false
	}
	found := false
	hclsyntax.VisitAll(body, func(n hclsyntax.Node) hcl.Diagnostics {
		a, ok := n.(*hclsyntax.Attribute)
		if ok && a.SrcRange.Overlaps(at) && a.SrcRange.Start.Line < firstLine && secretName(a.Name) {
			found = true
		}
		return nil
	})
	return found
}

// showsSource reports whether the source at a place may be shown. Only that of configuration files may, because a file
// of variables may contain the value of a sensitive one, and not that of a block with a sensitive argument.
func showsSource(name string, file *hcl.File, at hcl.Range) bool {
	if !strings.HasSuffix(name, ".retain.hcl") && !strings.HasSuffix(name, ".retain.json") {
		return false
	}
	body, ok := file.Body.(*hclsyntax.Body)
	if !ok {
		return !strings.Contains(string(file.Bytes), `"sensitive"`)
	}
	return !slices.ContainsFunc(body.Blocks, func(b *hclsyntax.Block) bool {
		contains := b.Range().Start.Byte <= at.Start.Byte && at.Start.Byte <= b.Body.Range().End.Byte
		return contains && b.Body.Attributes["sensitive"] != nil
	})
}

// atLeastOne extends an empty range to one character, so that there is something to mark.
func atLeastOne(r hcl.Range) hcl.Range {
	if r.Empty() {
		r.End.Byte++
		r.End.Column++
	}
	return r
}

// contextOf returns the block around a place, as HCL describes it, or "".
func contextOf(file *hcl.File, offset int) string {
	if nav, ok := file.Nav.(interface{ ContextString(offset int) string }); ok {
		return nav.ContextString(offset)
	}
	return ""
}

// valuesOf returns the values of the names in a failed expression. A value that is sensitive, even in part, is left
// out.
func valuesOf(d *hcl.Diagnostic) []snippetValue {
	values := []snippetValue{}
	if d.Expression == nil || d.EvalContext == nil {
		return values
	}
	for _, t := range d.Expression.Variables() {
		v, diags := t.TraverseAbs(d.EvalContext)
		for diags.HasErrors() && len(t) > 2 { // show the value that has no such attribute
			t = t[:len(t)-1]
			v, diags = t.TraverseAbs(d.EvalContext)
		}
		if diags.HasErrors() || v == cty.NilVal || v.ContainsMarked() || !v.IsKnown() {
			continue
		}
		value := snippetValue{traversal(t), "is " + describe(v)}
		if secretName(value.Traversal) || slices.Contains(values, value) {
			continue
		}
		values = append(values, value)
	}
	slices.SortFunc(values, func(a, b snippetValue) int { return strings.Compare(a.Traversal, b.Traversal) })
	return values
}

func secretName(name string) bool {
	return secretValue.MatchString(name[strings.LastIndex(name, ".")+1:] + " =")
}

func traversal(t hcl.Traversal) string {
	var b strings.Builder
	for _, step := range t {
		switch s := step.(type) {
		case hcl.TraverseRoot:
			b.WriteString(s.Name)
		case hcl.TraverseAttr:
			b.WriteString("." + s.Name)
		case hcl.TraverseIndex:
			if s.Key.IsMarked() {
				b.WriteString("[...]")
			} else {
				b.WriteString("[" + describe(s.Key) + "]")
			}
		}
	}
	return b.String()
}

// describe returns a primitive value, or the kind and size of any other.
func describe(v cty.Value) string {
	switch t := v.Type(); {
	case v.IsNull():
		return "null"
	case t == cty.String:
		return truncate(quote(maskURLs(v.AsString())), 120)
	case t == cty.Number:
		return v.AsBigFloat().Text('f', -1)
	case t == cty.Bool:
		return fmt.Sprint(v.True())
	case t.IsObjectType():
		text := "object with " + Count(len(t.AttributeTypes()), "attribute")
		if len(t.AttributeTypes()) == 1 {
			for name := range t.AttributeTypes() {
				text += " " + quote(name)
			}
		}
		return text
	case t.IsCollectionType(), t.IsTupleType():
		return t.FriendlyName() + " with " + Count(v.LengthInt(), "element")
	default:
		return t.FriendlyName()
	}
}
