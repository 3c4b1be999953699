package addrs_test

import (
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec/addrs"
)

func TestAddresses(t *testing.T) {
	for got, want := range map[string]string{
		addrs.Message("m", cty.NilVal):                   `message.m`,
		addrs.Message("m", cty.NumberIntVal(2)):          `message.m[2]`,
		addrs.Message("m", cty.StringVal("a \"b\"")):     `message.m["a \"b\""]`,
		addrs.Message("house/attic", cty.StringVal("k")): `message["house/attic"]["k"]`,
		addrs.Module("site", cty.StringVal("${x}\n")):    `module.site["$${x}\n"]`,
		addrs.FilterBlock("protect", "prod"):             `protect.prod`,
		addrs.FilterBlock("protect", "a b"):              `protect["a b"]`,
		addrs.FilterBlock("removed", ""):                 `removed`,
		addrs.Quote("##vso[task] \x1b[31m \u202e"):       `"\u0023#vso[task] \u001b[31m \u202e"`,
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
