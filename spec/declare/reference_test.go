package declare_test

import (
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/retainctl/retainctl/spec/declare"
)

func TestReferences(t *testing.T) {
	src := `[var.site, message["house/attic"].topic, [for x in local.rooms : x.name], module.m[each.key].out, path]`
	expr, diags := hclsyntax.ParseExpression([]byte(src), "test", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	want := []declare.Reference{
		{Root: "var", Name: "site", Named: true}, {Root: "message", Name: "house/attic", Named: true},
		{Root: "local", Name: "rooms", Named: true}, {Root: "module", Name: "m", Named: true},
		{Root: "each", Name: "key", Named: true}, {Root: "path"},
	}
	var got []declare.Reference
	for ref := range declare.References(expr) {
		if ref.Named != (ref.NameRange != hcl.Range{}) {
			t.Errorf("%s.%s has its name at %s", ref.Root, ref.Name, ref.NameRange)
		}
		got = append(got, declare.Reference{Root: ref.Root, Name: ref.Name, Named: ref.Named})
	}
	if len(got) != len(want) {
		t.Fatalf("got %v", got)
	}
	for i := range want {
		if got[i].Root != want[i].Root || got[i].Name != want[i].Name || got[i].Named != want[i].Named {
			t.Errorf("got %+v, want %+v", got[i], want[i])
		}
	}
}
