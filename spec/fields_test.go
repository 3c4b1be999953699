package spec

import (
	"testing"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/mqtttest"
	"github.com/retainctl/retainctl/spec/language"
)

// TestEveryFieldCanBeReferredTo checks that other expressions can use every field in the table of
// fields, and that the table of the language describes it.
func TestEveryFieldCanBeReferredTo(t *testing.T) {
	described := map[string]bool{}
	for _, a := range language.Find("message", "").Arguments {
		described[a.Name] = true
	}
	unset := object(&Message{Message: mqtt.Message{Topic: "a", Payload: []byte("x")}})
	set := object(&Message{Message: mqtttest.Every("a")})
	for row := range mqtt.AllFields.Rows() {
		if !described[row.Name] {
			t.Errorf("%s is not an argument of a message block", row.Name)
		}
		if got := set.GetAttr(row.Name); got.IsNull() || got.RawEquals(unset.GetAttr(row.Name)) {
			t.Errorf("%s is %#v", row.Name, got)
		}
	}
	for _, name := range referable {
		if !set.Type().HasAttribute(name) {
			t.Errorf("%s is listed as referable and is not an attribute", name)
		}
	}
}
