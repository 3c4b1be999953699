package cli

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// configFiles returns the native-syntax files of a folder, or the one file given. It skips hidden
// files, which belong to editors.
func configFiles(s *session, target string, recursive bool) ([]string, error) {
	given, target := target, s.path(target)
	info, err := os.Stat(target)
	switch {
	case err != nil:
		return nil, failure("Nothing to format", fmt.Sprintf("There is no file or folder %s that can be read.", given))
	case !info.IsDir() && !formattable(target):
		return nil, failure("Nothing to format", fmt.Sprintf(
			"fmt rewrites HCL's native syntax only, in *.retain.hcl and *.retainvars.hcl files, and %s is not one "+
				"of them.", given))
	case !info.IsDir():
		return []string{target}, nil
	}
	var paths []string
	err = filepath.WalkDir(target, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := strings.HasPrefix(d.Name(), ".") && path != target
		switch {
		case d.IsDir() && path != target && (!recursive || hidden):
			return filepath.SkipDir
		case !d.IsDir() && !hidden && formattable(path):
			paths = append(paths, path)
		}
		return nil
	})
	return paths, err
}

func formattable(path string) bool {
	return strings.HasSuffix(path, ".retain.hcl") || strings.HasSuffix(path, ".retainvars.hcl")
}
