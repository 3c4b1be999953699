package payload

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// CheckPointer tells why a string is no RFC 6901 pointer.
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
		// RFC 6901 section 4: in this order, so that "~01" is "~1".
		all[i] = strings.ReplaceAll(strings.ReplaceAll(s, "~1", "/"), "~0", "~")
	}
	return all
}

// step spells the pointer's step to the i-th child.
func (n *node) step(i int) string {
	if n.kind() == '[' {
		return strconv.Itoa(i)
	}
	return strings.ReplaceAll(strings.ReplaceAll(n.kids[i].name, "~", "~0"), "/", "~1")
}

// index reads an array index: digits without a leading zero. "-", the place
// after the last element, names nothing that is there.
func index(step string, length int) int {
	i, err := strconv.Atoi(step)
	if err != nil || i < 0 || i >= length || strconv.Itoa(i) != step {
		return -1
	}
	return i
}
