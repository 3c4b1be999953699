package broker

import (
	"slices"
	"testing"

	"github.com/retainctl/retainctl/spec"
)

// TestKindsAreKnown holds the table of kinds to the values that the argument can have.
func TestKindsAreKnown(t *testing.T) {
	for name := range kinds {
		if name != awsKind && !slices.Contains(spec.MQTTKinds(), name) {
			t.Errorf("no configuration can name the kind %q", name)
		}
	}
}
