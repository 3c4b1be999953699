package functions

import (
	"errors"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// refusedFunctions are Terraform's functions that we do not have. Calling one
// says why and what to do, which "there is no such function" would not.
func refusedFunctions() map[string]function.Function {
	return map[string]function.Function{
		"abspath":         refuse("abspath differs from machine to machine, and a plan must give the same everywhere; name files relative to the configuration's folder"),
		"bcrypt":          refuse("bcrypt is impure: it gives another hash each time, so that every plan would publish; hash once and keep the result in a variable"),
		"ephemeralasnull": refuse("there are no ephemeral values here; leave the call out"),
		"list":            refuse("the list function is gone since Terraform 0.12; write tolist([ ... ])"),
		"map":             refuse("the map function is gone since Terraform 0.12; write tomap({ ... })"),
		"plantimestamp":   refuse("plantimestamp is impure: a plan must be repeatable, or every one would publish; pass the time as a variable, -var"),
		"timestamp":       refuse("timestamp is impure: a plan must be repeatable, or every one would publish; pass the time as a variable, -var"),
		"uuid":            refuse("uuid is impure: a plan must be repeatable, or every one would publish; uuidv5 makes one from a name"),
	}
}

// refuse returns a function that takes anything and always fails.
func refuse(why string) function.Function {
	anything := markedValue()[0]
	return function.New(&function.Spec{
		VarParam: &anything,
		Type:     func([]cty.Value) (cty.Type, error) { return cty.NilType, errors.New(why) },
		Impl:     func([]cty.Value, cty.Type) (cty.Value, error) { return cty.NilVal, errors.New(why) },
	})
}
