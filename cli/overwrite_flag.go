package cli

import "github.com/retainctl/retainctl/plan"

// overwriteFlag is -overwrite-unmanaged: a switch, or with a value the selector of what may be
// overwritten. "true" and "false" are the values of the switch, as of every other one.
type overwriteFlag struct {
	all  *bool
	only *[]plan.Selector
}

func (v *overwriteFlag) String() string   { return "" }
func (v *overwriteFlag) IsBoolFlag() bool { return true }

func (v *overwriteFlag) Set(s string) error {
	switch s {
	case "true":
		*v.all = true
		return nil
	case "false":
		*v.all, *v.only = false, nil
		return nil
	}
	sel, err := plan.ParseTarget(s)
	if err == nil {
		*v.only = append(*v.only, sel)
	}
	return err
}
