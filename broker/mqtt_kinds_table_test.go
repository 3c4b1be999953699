package broker

import (
	"slices"
	"testing"

	"github.com/retainctl/retainctl/spec/language"
)

// TestKindsAreKnown holds the table of kinds to the values that the argument can have.
func TestKindsAreKnown(t *testing.T) {
	for name := range kinds {
		if name != awsKind && !slices.Contains(language.MQTTKinds(), name) {
			t.Errorf("no configuration can name the kind %q", name)
		}
	}
}
