package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/mqtttest"
)

// TestEveryFieldIsStored holds the records to the table of fields. An expiry is stored
// as the time at which it ends.
func TestEveryFieldIsStored(t *testing.T) {
	now := time.UnixMilli(1_800_000_000_000)
	for row := range mqtt.AllFields.Rows() {
		m := mqtttest.Only(row)
		m.Topic = "a"
		var ends int64
		if m.Expiry > 0 {
			ends = now.Add(time.Duration(m.Expiry) * time.Second).UnixMilli()
		}
		got, err := decode(encode(m, now.UnixMilli(), ends))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(m, got.at(now).Message, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-put +got):\n%s", row.Name, diff)
		}
	}
}
