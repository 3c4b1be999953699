package cli

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/retainctl/retainctl/folder"
)

// configFiles returns the native-syntax files of a folder, or the one file given. It skips hidden
// files, which belong to editors. The files of a folder do not lead out of it.
func configFiles(s *session, target string, recursive bool) ([]folder.File, error) {
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
		return []folder.File{folder.Named(target)}, nil
	}
	var files []folder.File
	err = filepath.WalkDir(target, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := strings.HasPrefix(d.Name(), ".") && path != target
		switch {
		case d.IsDir() && path != target && (!recursive || hidden):
			return filepath.SkipDir
		case !d.IsDir() && !hidden && formattable(path):
			files = append(files, folder.Below(target, path))
		}
		return nil
	})
	return files, err
}

func formattable(path string) bool {
	return strings.HasSuffix(path, ".retain.hcl") || strings.HasSuffix(path, ".retainvars.hcl")
}
