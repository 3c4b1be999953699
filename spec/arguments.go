package spec

import (
	"math/big"
	"slices"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/retainctl/retainctl/spec/declare"
	"github.com/retainctl/retainctl/spec/diag"
	"github.com/retainctl/retainctl/spec/language"
	"github.com/retainctl/retainctl/spec/sensitive"
)

// arguments reads the arguments of a block, or of one instance of it, and reports mistakes
// at the argument's range.
type arguments struct {
	eval   *evaluator
	sink   *diag.Sink
	attrs  hcl.Attributes
	at     *hcl.Range // of the block: for mistakes about arguments that are not given
	ctx    *hcl.EvalContext
	fixed  fixed
	broken bool // a mistake was reported
}

// fixed holds the values of the arguments that are the same in every instance of a block, by
// name. A value is cty.NilVal until it is evaluated, and if it is wrong.
type fixed map[string]cty.Value

// newFixed returns an entry without a value for each of these arguments.
func newFixed(attrs hcl.Attributes) fixed {
	f := fixed{}
	for name, attr := range attrs {
		if !slices.ContainsFunc(attr.Expr.Variables(), ofInstance) {
			f[name] = cty.NilVal
		}
	}
	return f
}

// ofInstance reports whether a reference has another value in each instance.
func ofInstance(t hcl.Traversal) bool { return t.RootName() == "each" || t.RootName() == "count" }

// value evaluates an argument. ok is false if it has errors, which are reported, or if it
// depends on something that has.
func (a *arguments) value(attr *hcl.Attribute) (cty.Value, bool) {
	known, fixed := a.fixed[attr.Name]
	if known != cty.NilVal {
		return known, true
	}
	eval := a.eval.evalInto
	if slices.Contains(language.SensitiveNames(), attr.Name) {
		eval = a.eval.evalSecret
	}
	value, ok := eval(a.sink, a.ctx, attr.Expr)
	if fixed && ok {
		a.fixed[attr.Name] = value
	}
	a.broken = a.broken || !ok
	return value, ok
}

// get evaluates an argument and converts it to a type. It returns false if the argument is
// not given, null or wrong.
func (a *arguments) get(name string, want cty.Type) (cty.Value, bool) {
	attr := a.attrs[name]
	if attr == nil {
		return cty.NilVal, false
	}
	given, ok := a.value(attr)
	if !ok {
		return given, false
	}
	value, err := convert.Convert(given, want)
	if err != nil {
		a.invalid(name, "%s.", diag.Sentence(diag.Located(err, given)))
		return value, false
	}
	return value, !value.IsNull()
}

// plain is get for an argument that is shown, which therefore cannot be sensitive. It may be shown by
// retainctl itself, or by an error of a library or a server that the value is given to.
func (a *arguments) plain(name string, want cty.Type) (cty.Value, bool) {
	value, given := a.get(name, want)
	if given && sensitive.Is(value) {
		a.wrong(name, "Sensitive "+name,
			"%s is shown in plans or in errors, so it cannot be a sensitive value. Use "+
				"nonsensitive(...) if it is not a secret.", name)
		return value, false
	}
	return value, given
}

func (a *arguments) wrong(name, summary, format string, args ...any) {
	a.broken = true
	a.sink.Add(diag.Errorf(declare.RangeOf(a.attrs, a.at, name), summary, format, args...))
}

func (a *arguments) invalid(name, format string, args ...any) {
	a.wrong(name, "Invalid "+name, format, args...)
}

// text reads a string that is never shown, so it may be sensitive. It returns "" if there is none.
// Whoever gives the value to a library or to a server hides it in the errors that come back.
func (a *arguments) text(name string) string {
	value, given := a.get(name, cty.String)
	if !given {
		return ""
	}
	value, _ = value.Unmark()
	return value.AsString()
}

// shown reads a string that plans or errors show, or that identifies something. It returns "" if there is none.
func (a *arguments) shown(name string) string {
	value, given := a.plain(name, cty.String)
	if !given {
		return ""
	}
	return value.AsString()
}

// nonEmpty reads a string that is shown and that must not be empty if it is given.
func (a *arguments) nonEmpty(name, fallback string) string {
	value, given := a.plain(name, cty.String)
	if !given {
		return fallback
	}
	if value.AsString() == "" {
		a.invalid(name, "%s is empty. Give it a value, or remove the argument.", name)
	}
	return value.AsString()
}

// shownList reads a list of strings that errors show, without its nulls.
func (a *arguments) shownList(name string) []string {
	value, given := a.plain(name, cty.List(cty.String))
	if !given {
		return nil
	}
	var all []string
	for it := value.ElementIterator(); it.Next(); {
		if _, element := it.Element(); !element.IsNull() {
			all = append(all, element.AsString())
		}
	}
	return all
}

func (a *arguments) is(name string) bool {
	value, given := a.plain(name, cty.Bool)
	return given && value.True()
}

// choice reads one of several strings; the first is the default.
func (a *arguments) choice(name string, choices ...string) string {
	value, given := a.plain(name, cty.String)
	if !given {
		return choices[0]
	}
	text := value.AsString()
	if !slices.Contains(choices, text) {
		a.invalid(name,
			"%q is not supported.%s Use %s.",
			text, diag.DidYouMean(text, slices.Values(choices)), diag.OneOf(choices))
		return choices[0]
	}
	return text
}

// whole reads an integer within bounds. It returns fallback if there is none.
func (a *arguments) whole(name string, fallback, least, most int64) int64 {
	value, given := a.plain(name, cty.Number)
	if !given {
		return fallback
	}
	n, exact := value.AsBigFloat().Int64()
	if exact != big.Exact || n < least || n > most {
		a.invalid(name, "%s is a whole number from %d to %d, not %s.", name, least, most, value.AsBigFloat().Text('g', 10))
		return fallback
	}
	return n
}

// duration reads a positive duration. It returns 0 if there is none.
func (a *arguments) duration(name string) time.Duration {
	value, given := a.plain(name, cty.String)
	if !given {
		return 0
	}
	t, err := parseDuration(value.AsString())
	if err != nil || t <= 0 {
		a.invalid(name,
			"%s must be longer than 0: seconds as a number, or a duration such as \"90s\", \"24h\" or \"7d\".", name)
		return 0
	}
	return t
}
