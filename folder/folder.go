// Package folder opens the files that retainctl writes, so that a folder from a stranger cannot lead it to
// other files.
//
// Who named a file decides what it may be. A path that a flag names is used as it is: through links, and a pipe
// or a device too. A path that a configuration names, or retainctl itself, is a regular file, and no link leads
// out of the folder that it is in. Git stores links, so whoever proposes a change can put one anywhere.
package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// File is the path of a file and how it may be opened.
type File struct {
	path  string
	root  string // the folder that it does not leave; "" if a flag named it
	name  string // of the file below the root
	fixed bool   // its last part is no link
	out   bool   // the root is another folder than the configuration's
}

// Named returns a file that a flag or the environment names. Links are followed wherever they lead.
func Named(path string) File { return File{path: path} }

// Below returns a file that the configuration in the folder root names, relative to it or absolute. Links lead
// to files of the same folder only. A path out of root is Outside, and its links stay within the last folder
// of the path.
func Below(root, path string) File {
	if !filepath.IsAbs(path) {
		path = filepath.Join(root, path)
	}
	if name, err := filepath.Rel(root, path); err == nil && filepath.IsLocal(name) {
		return File{path: path, root: root, name: name}
	}
	return File{path: path, root: filepath.Dir(path), name: filepath.Base(path), out: true}
}

// Fixed returns a file below root whose name retainctl has chosen. It is never a link.
func Fixed(root, name string) File {
	f := Below(root, name)
	f.fixed = true
	return f
}

// Path is the file's path as it was named.
func (f File) Path() string { return f.path }

// Outside reports whether a configuration named a file outside of its folder.
func (f File) Outside() bool { return f.out }

// mostLinks is how many links are followed; the kernel follows as many.
const mostLinks = 40

// within calls do with the folder that the file does not leave and the name below it of what the path leads
// to. It creates the folders on the way if create says so, with the mode perm.
func (f File) within(create bool, perm fs.FileMode, do func(in *os.Root, name string) error) error {
	dir, name, err := f.start()
	if err != nil {
		return err
	}
	if create {
		if err := os.MkdirAll(dir, perm); err != nil {
			return err
		}
	}
	in, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer in.Close()
	if name, err = f.follow(in, name); err == nil && create {
		err = in.MkdirAll(filepath.Dir(name), perm)
	}
	if err == nil {
		err = do(in, name)
	}
	return f.explain(err)
}

// start returns the folder that the file does not leave, and the name below it.
func (f File) start() (dir, name string, err error) {
	if f.root != "" {
		return f.root, f.name, nil
	}
	path := f.path
	for range mostLinks {
		target, err := os.Readlink(path)
		if err != nil {
			return filepath.Dir(path), filepath.Base(path), nil
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(path), target)
		}
		path = target
	}
	return "", "", fmt.Errorf("open %s: too many links", f.path)
}

// follow returns the name of the file that a name leads to. The file need not exist.
func (f File) follow(in *os.Root, name string) (string, error) {
	for range mostLinks {
		target, err := in.Readlink(name)
		switch {
		case err != nil:
			if escapes(err) {
				return "", f.leadsOut()
			}
			return name, nil // it is no link, or the next step reports why it cannot be reached
		case f.fixed:
			return "", fmt.Errorf("open %s: it is a link, and retainctl writes no file of its own through a link; "+
				"remove the link", f.path)
		case !filepath.IsAbs(target):
			name = name[:strings.LastIndexByte(name, filepath.Separator)+1] + target
			continue
		}
		if name, err = filepath.Rel(f.root, target); err != nil || !filepath.IsLocal(name) {
			return "", f.leadsOut()
		}
	}
	return "", fmt.Errorf("open %s: too many links", f.path)
}

// explain says what to do about a link out of the folder.
func (f File) explain(err error) error {
	if escapes(err) {
		return f.leadsOut()
	}
	return err
}

// escapes reports whether os.Root refused a link out of it. It has no error value for that.
func escapes(err error) bool {
	var at *fs.PathError
	return errors.As(err, &at) && strings.HasSuffix(at.Err.Error(), "path escapes from parent")
}

func (f File) leadsOut() error {
	if f.fixed {
		return fmt.Errorf("open %s: a link in this path leads out of %s, and retainctl writes no file of its own there; "+
			"remove the link", f.path, f.root)
	}
	return fmt.Errorf("open %s: a link in this path leads out of %s, and only a flag may name a file through such a "+
		"link; name the file that is meant, without the link", f.path, f.root)
}

// Real returns the path of the file that the file leads to.
func (f File) Real() (path string, err error) {
	err = f.within(false, 0, func(in *os.Root, name string) error {
		path = filepath.Join(in.Name(), name)
		return nil
	})
	return path, err
}

// Beside returns the file in the same folder whose name has an ending more. Two links to one file have one
// such file.
func (f File) Beside(ending string) (beside File, err error) {
	dir, name, err := f.start()
	if err != nil {
		return File{}, err
	}
	if in, err := os.OpenRoot(dir); err == nil { // a folder that does not exist has no links
		name, err = f.follow(in, name)
		in.Close()
		if err != nil {
			return File{}, err
		}
	}
	name += ending
	return File{path: filepath.Join(dir, name), root: dir, name: name, fixed: true, out: f.out}, nil
}
