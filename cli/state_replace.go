package cli

import (
	"bytes"
	"fmt"

	"github.com/retainctl/retainctl/state"
)

// checkSuccessor returns an error unless a state may replace the stored one, and reports whether it is
// the stored one already. With force it may in any case, and gets a serial above the stored one.
func checkSuccessor(given, stored *state.Snapshot, force bool) (same bool, err error) {
	switch {
	case stored == nil:
		return false, nil
	case sameState(given, stored):
		return true, nil
	case force:
		given.Serial = max(given.Serial, stored.Serial+1)
		return false, nil
	case given.Lineage != stored.Lineage:
		return false, failure("Another state is stored there", fmt.Sprintf(
			"The stored state has the lineage %s, and this one %s: they record the messages of different "+
				"histories. To replace it anyway, pass -force.", stored.Lineage, given.Lineage))
	case given.Serial <= stored.Serial:
		return false, failure("A newer state is stored there", fmt.Sprintf(
			"The stored state has the serial %d, and this one %d: it was written later, and replacing it would "+
				"lose what it records. Plan again, which finds out what is live. To replace it anyway, pass -force.",
			stored.Serial, given.Serial))
	}
	return false, nil
}

// sameState reports whether two states have the same document.
func sameState(a, b *state.Snapshot) bool {
	one, errOne := state.Encode(a)
	other, errOther := state.Encode(b)
	return errOne == nil && errOther == nil && bytes.Equal(one, other)
}
