// Package functions has the functions of the language: Terraform's, with Terraform's names,
// parameters and results. testdata/functions.tsv records what Terraform returns.
//
// New returns all of them, made safe for a configuration that somebody else wrote:
//
//   - Functions are pure. Those of Terraform that are not, or that differ from machine to
//     machine, exist and refuse with what to do instead (refused.go).
//   - Functions that read files read them below the root of a Sandbox and nowhere else,
//     also through links.
//   - Strings, numbers, documents and what all calls make together are bounded, by package
//     bounds. Collections take linear time where cty's own take quadratic.
//   - Results of sensitive arguments are sensitive, as package sensitive has it; jsonencode
//     and templates mark the part that is. Errors do not quote a sensitive argument, and a
//     panic of cty's is an error without its stack.
package functions

import (
	"maps"
	"sync"

	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"github.com/retainctl/retainctl/spec/bounds"
)

// coreNamespace is what Terraform's own functions may be called by in full:
// core::upper.
const coreNamespace = "core::"

// New returns the functions of the language by their names, which are Terraform's,
// each also as core::NAME. Those that read files read them through root, relative to
// dir, the folder of the module that calls. What they make is charged to a budget.
func New(root *Sandbox, dir string, made *bounds.Budget) map[string]function.Function {
	own := files{root: root, dir: dir, texts: new(sync.Map)}
	all := map[string]function.Function{}
	for _, some := range []map[string]function.Function{
		stdFunctions(), collectionFunctions(), stringFunctions(), encodingFunctions(), hashFunctions(),
		networkFunctions(), markFunctions(), sizedFunctions(), refusedFunctions(), own.functions(),
	} {
		maps.Copy(all, some)
	}
	within := templates{files: own, made: made, functions: maps.Clone(all), parsed: new(sync.Map)}
	all["templatefile"], all["templatestring"] = within.fromFile(), within.fromString()
	within.functions["templatefile"] = refuse("a template cannot call templatefile: it might render itself without end")
	within.functions["templatestring"] = refuse("a template cannot call templatestring: it might render itself without end")
	for _, set := range []map[string]function.Function{all, within.functions} {
		for name, f := range set {
			set[name] = guard(f, made)
		}
		// These have nothing to hide: the calls within them are guarded, and the
		// errors of jsonencode, which every payload goes through, quote no value.
		set["can"], set["try"], set["jsonencode"] = tryfunc.CanFunc, tryfunc.TryFunc, jsonEncode()
		for name, f := range maps.Clone(set) {
			set[coreNamespace+name] = f
		}
	}
	return all
}

// stdFunctions are those that cty has as Terraform has them.
func stdFunctions() map[string]function.Function {
	return map[string]function.Function{
		"abs":             stdlib.AbsoluteFunc,
		"ceil":            stdlib.CeilFunc,
		"chomp":           stdlib.ChompFunc,
		"chunklist":       stdlib.ChunklistFunc,
		"coalescelist":    stdlib.CoalesceListFunc,
		"compact":         stdlib.CompactFunc,
		"concat":          stdlib.ConcatFunc,
		"contains":        stdlib.ContainsFunc,
		"element":         stdlib.ElementFunc,
		"flatten":         stdlib.FlattenFunc,
		"floor":           stdlib.FloorFunc,
		"formatdate":      stdlib.FormatDateFunc,
		"keys":            stdlib.KeysFunc,
		"log":             stdlib.LogFunc,
		"lower":           stdlib.LowerFunc,
		"max":             stdlib.MaxFunc,
		"merge":           stdlib.MergeFunc,
		"min":             stdlib.MinFunc,
		"parseint":        stdlib.ParseIntFunc,
		"pow":             stdlib.PowFunc,
		"range":           rangeFunction(),
		"regex":           stdlib.RegexFunc,
		"regexall":        stdlib.RegexAllFunc,
		"reverse":         stdlib.ReverseListFunc,
		"setintersection": stdlib.SetIntersectionFunc,
		"setproduct":      setProduct(),
		"setsubtract":     stdlib.SetSubtractFunc,
		"setunion":        stdlib.SetUnionFunc,
		"signum":          stdlib.SignumFunc,
		"slice":           stdlib.SliceFunc,
		"sort":            stdlib.SortFunc,
		"split":           stdlib.SplitFunc,
		"strrev":          stdlib.ReverseFunc,
		"substr":          stdlib.SubstrFunc,
		"timeadd":         stdlib.TimeAddFunc,
		"title":           stdlib.TitleFunc,
		"tobool":          stdlib.MakeToFunc(cty.Bool),
		"tolist":          to(cty.List(cty.DynamicPseudoType)),
		"tomap":           to(cty.Map(cty.DynamicPseudoType)),
		"tonumber":        stdlib.MakeToFunc(cty.Number),
		"toset":           to(cty.Set(cty.DynamicPseudoType)),
		"tostring":        stdlib.MakeToFunc(cty.String),
		"trim":            stdlib.TrimFunc,
		"trimprefix":      stdlib.TrimPrefixFunc,
		"trimspace":       stdlib.TrimSpaceFunc,
		"trimsuffix":      stdlib.TrimSuffixFunc,
		"upper":           stdlib.UpperFunc,
		"values":          stdlib.ValuesFunc,
		"zipmap":          stdlib.ZipmapFunc,
	}
}
