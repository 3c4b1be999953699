package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

var errNoFolder = failure("No folder given", "-chdir needs a folder: -chdir=DIR.")

// chdir removes -chdir=DIR from the front of a command line. It returns the folder to run in,
// which is from without the flag, and the rest of the command line.
func chdir(from string, args []string) (dir string, rest []string, err error) {
	if len(args) == 0 {
		return from, args, nil
	}
	flag, dir, has := strings.Cut(strings.TrimPrefix(args[0], "-"), "=")
	if strings.TrimPrefix(flag, "-") != "chdir" {
		return from, args, nil
	}
	args = args[1:]
	if !has {
		if len(args) == 0 {
			return from, nil, errNoFolder
		}
		dir, args = args[0], args[1:]
	}
	if dir == "" { // an unset variable of a script, which must not mean "here"
		return from, nil, errNoFolder
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(from, dir)
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return from, nil, failure("No such folder",
			fmt.Sprintf("-chdir names %s, which is not a folder that can be read.", dir))
	}
	return dir, args, nil
}
