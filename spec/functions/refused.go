package functions

import (
	"errors"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

const (
	impure = " is impure: a plan must be repeatable, or every plan would publish; "

	abspathMessage = "abspath differs from machine to machine, and a plan must be the same everywhere; " +
		"name files relative to the configuration's folder"
	bcryptMessage = "bcrypt is impure: it returns another hash each time, so every plan would publish; " +
		"hash once and keep the result in a variable"
)

// refusedFunctions returns Terraform's functions that we do not implement. Without them, a call
// would fail with "There is no function named"; their errors say why, and what to do instead.
func refusedFunctions() map[string]function.Function {
	return map[string]function.Function{
		"abspath":         refuse(abspathMessage),
		"bcrypt":          refuse(bcryptMessage),
		"ephemeralasnull": refuse("there are no ephemeral values here; remove the call"),
		"list":            refuse("the list function was removed in Terraform 0.12; write tolist([ ... ])"),
		"map":             refuse("the map function was removed in Terraform 0.12; write tomap({ ... })"),
		"plantimestamp":   refuse("plantimestamp" + impure + "pass the time as a variable, with -var"),
		"timestamp":       refuse("timestamp" + impure + "pass the time as a variable, with -var"),
		"uuid":            refuse("uuid" + impure + "uuidv5 makes a UUID from a name"),
	}
}

// refuse returns a function that accepts any arguments and always fails.
func refuse(why string) function.Function {
	anything := markedValue()[0]
	return function.New(&function.Spec{
		VarParam: &anything,
		Type:     func([]cty.Value) (cty.Type, error) { return cty.NilType, errors.New(why) },
		Impl:     func([]cty.Value, cty.Type) (cty.Value, error) { return cty.NilVal, errors.New(why) },
	})
}
