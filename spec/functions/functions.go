// Package functions implements the functions of the language: Terraform's functions, with
// Terraform's names, parameters and results. testdata/functions.tsv records Terraform's results.
//
// New returns all of them, made safe for an untrusted configuration:
//
//   - Functions are pure. Terraform's impure functions, and those whose result depends on the
//     machine, exist and return an error that says what to use instead (refused.go).
//   - Functions that read files read only files below the root of a Sandbox, even through
//     links.
//   - Package bounds limits strings, numbers and documents. Collections take linear time in the
//     cases in which cty takes quadratic time.
//   - Results of sensitive arguments are sensitive, by the marks of package sensitive; jsonencode
//     and templates mark only the sensitive part. Errors do not quote a sensitive argument, and
//     a panic in cty becomes an error without its stack.
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

// coreNamespace is the prefix of the full names of Terraform's own functions: core::upper.
const coreNamespace = "core::"

// New returns the functions of the language by their Terraform names, and each once more as
// core::NAME. Functions that read files read them through root, relative to dir, the folder
// of the calling module. Once the work has ended, calls return unknown values.
func New(root *Sandbox, dir string, work *bounds.Work) map[string]function.Function {
	own := files{root: root, dir: dir, texts: new(sync.Map)}
	all := map[string]function.Function{}
	for _, some := range []map[string]function.Function{
		stdFunctions(), collectionFunctions(), stringFunctions(), encodingFunctions(), hashFunctions(),
		networkFunctions(), markFunctions(), sizedFunctions(), refusedFunctions(), own.functions(),
	} {
		maps.Copy(all, some)
	}
	within := templates{files: own, functions: maps.Clone(all), parsed: new(sync.Map)}
	all["templatefile"], all["templatestring"] = within.fromFile(), within.fromString()
	within.functions["templatefile"] = refuse("a template cannot call templatefile: it might render itself forever")
	within.functions["templatestring"] = refuse("a template cannot call templatestring: it might render itself forever")
	for _, set := range []map[string]function.Function{all, within.functions} {
		for name, f := range set {
			set[name] = guard(f, work)
		}
		// These need no guard: the calls within can and try are guarded themselves, and the
		// errors of jsonencode quote no value. Every payload goes through jsonencode.
		set["can"], set["try"], set["jsonencode"] = tryfunc.CanFunc, tryfunc.TryFunc, jsonEncode()
		for name, f := range maps.Clone(set) {
			set[coreNamespace+name] = f
		}
	}
	return all
}

// stdFunctions returns the functions that cty's standard library implements, a few of them in a variant of ours.
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
		"tolist":          toCollection(cty.List(cty.DynamicPseudoType)),
		"tomap":           toCollection(cty.Map(cty.DynamicPseudoType)),
		"tonumber":        stdlib.MakeToFunc(cty.Number),
		"toset":           toCollection(cty.Set(cty.DynamicPseudoType)),
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
