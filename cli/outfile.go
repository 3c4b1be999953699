package cli

import (
	"fmt"
	"io"
	"os"
)

// mayReplace refuses to overwrite a file that is not of the kind that a flag writes: a typing error
// must not destroy a state or a configuration.
func mayReplace(s *session, flag, name, kind string, is func(io.Reader) bool) error {
	info, err := os.Stat(s.path(name))
	if name == "" || err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return nil // any other problem shows when it is written
	}
	file, err := os.Open(s.path(name))
	if err == nil {
		defer file.Close()
		if is(file) {
			return nil
		}
	}
	return failure("Another file is there", fmt.Sprintf(
		"%s=%s: a file of this name exists, and it is not a %s. Nothing was overwritten; name another file.",
		flag, name, kind))
}

// sameFile reports whether two names refer to the same file.
func sameFile(s *session, a, b string) bool {
	one, errOne := os.Stat(s.path(a))
	other, errOther := os.Stat(s.path(b))
	return errOne == nil && errOther == nil && os.SameFile(one, other)
}
