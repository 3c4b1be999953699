package spec

import (
	"testing"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/mqtttest"
	"github.com/retainctl/retainctl/spec/language"
)

// TestEveryFieldCanBeReferredTo holds what other expressions see of a message, and the
// reference of the language, to the table of fields.
func TestEveryFieldCanBeReferredTo(t *testing.T) {
	described := map[string]bool{}
	for _, a := range language.Find("message", "").Arguments {
		described[a.Name] = true
	}
	unset := object(&Message{Message: mqtt.Message{Topic: "a", Payload: []byte("x")}})
	set := object(&Message{Message: mqtttest.Every("a")})
	for row := range mqtt.AllFields.Rows() {
		if !described[row.Name] {
			t.Errorf("%s is no argument of a message block", row.Name)
		}
		if got := set.GetAttr(row.Name); got.IsNull() || got.RawEquals(unset.GetAttr(row.Name)) {
			t.Errorf("%s is %#v", row.Name, got)
		}
	}
	for _, name := range referable {
		if !set.Type().HasAttribute(name) {
			t.Errorf("%s is said to be there and is not", name)
		}
	}
}
