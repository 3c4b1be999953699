package generate_test

import (
	"testing"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/mqtttest"
)

// TestEveryFieldIsDeclared checks that import writes every field in the table of fields, and that
// the result is decoded to the same value.
func TestEveryFieldIsDeclared(t *testing.T) {
	for row := range mqtt.AllFields.Rows() {
		want := mqtttest.Only(row)
		want.Topic, want.Payload = "a", mqtttest.Every("").Payload
		made := check(t, []mqtt.Message{want}, options)
		if made.Written != 1 {
			t.Errorf("with %s: %+v", row.Name, made.LeftOut)
			continue
		}
		if got := evaluate(t, made)["a"].Message; got.Diff(want)&row.Bit != 0 && row.Bit != mqtt.FieldPayload {
			t.Errorf("%s became %+v\n%s", row.Name, got, made.HCL)
		}
	}
}
