package spec

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/declare"
	"github.com/retainctl/retainctl/spec/diag"
)

// checkNormal reports topics and filters that are not written in Unicode's normal form NFC, as far as the
// configuration's text shows it: in their expressions, in the locals, defaults, inputs and outputs that these refer
// to, and in labels. Strings are converted to NFC, and brokers compare topics byte by byte, so a filter would protect
// another topic than the one that was written.
func (r *run) checkNormal(src *declare.Source) {
	if src.AllNormal() {
		return
	}
	f := follower{seen: map[string]bool{}, visit: func(*moduleInstance, reference) {}}
	for _, mod := range declare.Sorted(r.first) {
		f.addShown(mod)
		for _, m := range mod.decl.Messages {
			mod.notNormal(src.NotNormal(m.LabelRange()))
		}
	}
	f.walk(func(in *moduleInstance, expr hcl.Expression) {
		in.notNormal(src.NotNormal(expr.Range()))
		for ref := range declare.References(expr) {
			f.addTarget(in, ref)
			if v := in.decl.Variables[ref.Name]; ref.Root == "var" && v != nil && v.DefaultExpr != nil {
				in.notNormal(src.NotNormal(v.DefaultExpr.Range()))
			}
		}
	})
}

// addShown adds the expressions of a module that make topics and filters.
func (f *follower) addShown(mod *moduleInstance) {
	for _, m := range declare.Sorted(mod.decl.Messages) {
		f.add(mod, m.Address(), expressionsOf(m.Attrs, "topic", "response_topic", "for_each")...)
	}
	for _, b := range mod.decl.FilterBlocks {
		f.add(mod, b.Kind+" "+b.Label, expressionsOf(b.Attrs, "filter", "except")...)
	}
	for _, c := range declare.Sorted(mod.decl.Calls) { // its inputs may refer to each
		f.add(mod, c.Address(), expressionsOf(c.Attrs, "for_each")...)
	}
}

// walk visits the expressions that were added, and those that the visits add.
func (f *follower) walk(visit func(*moduleInstance, hcl.Expression)) {
	for len(f.waiting) > 0 {
		last := len(f.waiting) - 1
		from := f.waiting[last]
		f.waiting = f.waiting[:last]
		for _, expr := range from.exprs {
			visit(from.in, expr)
		}
	}
}

// expressionsOf returns the expressions of those arguments that are given.
func expressionsOf(attrs hcl.Attributes, names ...string) []hcl.Expression {
	var exprs []hcl.Expression
	for _, name := range names {
		if attr := attrs[name]; attr != nil {
			exprs = append(exprs, attr.Expr)
		}
	}
	return exprs
}

func (mod *moduleInstance) notNormal(places []hcl.Range) {
	for _, at := range places {
		mod.sink.Add(diag.Errorf(&at, "Topic or filter that is not in normal form",
			"This text is not in Unicode's normal form NFC, and strings of the language are: it would become another one "+
				"that looks the same, and brokers compare topics byte by byte. In NFC an é, for example, is one character, "+
				"and not an e with an accent to combine. Type the text again, or convert the file (uconv -x nfc). A topic "+
				"that is not in NFC cannot be declared; in a filter, \"+\" matches its level."))
	}
}
