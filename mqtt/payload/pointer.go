package payload

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// CheckPointer returns an error that says why a string is not an RFC 6901 pointer, or nil if it is
// one.
func CheckPointer(pointer string) error {
	if pointer != "" && pointer[0] != '/' {
		return errors.New(`a JSON pointer starts with "/"`)
	}
	for i := range len(pointer) {
		if pointer[i] == '~' && !strings.HasPrefix(pointer[i:], "~0") && !strings.HasPrefix(pointer[i:], "~1") {
			return fmt.Errorf(`a JSON pointer spells "~" as "~0" and "/" as "~1"; %q has a "~" alone`, pointer)
		}
	}
	return nil
}

// steps returns the decoded names and indexes of a pointer.
func steps(pointer string) []string {
	if pointer == "" {
		return nil
	}
	all := strings.Split(pointer[1:], "/")
	for i, s := range all {
		// In this order, so that "~01" becomes "~1" (RFC 6901, section 4).
		all[i] = strings.ReplaceAll(strings.ReplaceAll(s, "~1", "/"), "~0", "~")
	}
	return all
}

// step returns the step of a pointer to the i-th child.
func (n *node) step(i int) string {
	if n.kind() == '[' {
		return strconv.Itoa(i)
	}
	return strings.ReplaceAll(strings.ReplaceAll(n.kids[i].name, "~", "~0"), "/", "~1")
}

// index reads an array index: digits without a leading zero. "-", the place after the last element,
// is refused.
func index(step string, length int) int {
	i, err := strconv.Atoi(step)
	if err != nil || i < 0 || i >= length || strconv.Itoa(i) != step {
		return -1
	}
	return i
}
