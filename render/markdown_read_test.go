package render

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"
	nethtml "golang.org/x/net/html"
	"pgregory.net/rapid"
)

// ownElements has the elements that our Markdown makes, and the attributes that they may have.
var ownElements = map[string][]string{
	"html": nil, "head": nil, "body": nil, "h2": nil, "p": nil, "strong": nil, "blockquote": nil, "ul": nil, "li": nil, "br": nil,
	"code": {"class=language-diff"}, "pre": nil, "details": nil, "summary": nil,
	"table": nil, "thead": nil, "tbody": nil, "tr": nil,
	"th": {"align=right", "style=text-align:right"}, "td": {"align=right", "style=text-align:right"},
}

// read renders Markdown as GitHub and GitLab do, and returns the page that a browser makes of it. Raw HTML passes,
// because the test does not rely on whoever sanitizes it.
func read(t interface{ Fatal(...any) }, markdown string) *nethtml.Node {
	var page bytes.Buffer
	gfm := goldmark.New(
		goldmark.WithExtensions(extension.GFM, extension.Footnote, extension.DefinitionList),
		goldmark.WithRendererOptions(html.WithUnsafe()),
	)
	if err := gfm.Convert([]byte(markdown), &page); err != nil {
		t.Fatal(err)
	}
	doc, err := nethtml.Parse(&page)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// foreign returns the elements, attributes and comments of a page that content made.
func foreign(doc *nethtml.Node) (found []string) {
	for n := range doc.Descendants() {
		switch n.Type {
		case nethtml.CommentNode:
			found = append(found, "comment "+n.Data)
		case nethtml.ElementNode:
			may, known := ownElements[n.Data]
			if !known {
				found = append(found, "<"+n.Data+">")
			}
			for _, a := range n.Attr {
				if !slices.Contains(may, a.Key+"="+a.Val) {
					found = append(found, fmt.Sprintf("<%s %s=%q>", n.Data, a.Key, a.Val))
				}
			}
		}
	}
	return found
}

func count(doc *nethtml.Node, element string) (n int) {
	for d := range doc.Descendants() {
		if d.Type == nethtml.ElementNode && d.Data == element {
			n++
		}
	}
	return n
}

// TestHostileContentInRenderedMarkdown checks that a rendered page has no element that content made, and that every
// group is at its top level.
func TestHostileContentInRenderedMarkdown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := hostilePlan(t)
		markdown := draw(t, Markdown, p, PlanOptions{Title: hostile(t, "title"), Verbose: rapid.Bool().Draw(t, "verbose")})
		doc := read(t, markdown)
		if found := foreign(doc); len(found) > 0 {
			t.Fatalf("content made %q:\n%s", found, markdown)
		}
		groups, blocks, headings := count(doc, "details"), count(doc, "pre"), count(doc, "h2")
		if written := strings.Count(markdown, "<details>"); groups != written || blocks != written || headings != 1 {
			t.Fatalf("%d groups, %d blocks and %d headings of %d groups:\n%s", groups, blocks, headings, written, markdown)
		}
		for n := range doc.Descendants() {
			if n.Type == nethtml.ElementNode && n.Data == "details" && n.Parent.Data != "body" {
				t.Fatalf("a group is within <%s>:\n%s", n.Parent.Data, markdown)
			}
		}
	})
}

// TestRendererActsOnMarkup checks that the renderer would act on such content, which the test above relies on.
func TestRendererActsOnMarkup(t *testing.T) {
	for _, markdown := range []string{
		"<b>x</b>", "[x](http://e)", "http://evil.example", "www.evil.example", "![i](e)", "*x*", "~~x~~", "- [ ] x",
		"<!-- x -->", "a@evil.example", "[^1]\n\n[^1]: x",
	} {
		if len(foreign(read(t, markdown))) == 0 {
			t.Errorf("%q makes nothing", markdown)
		}
	}
}
