package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/rogpeppe/go-internal/diff"

	"github.com/retainctl/retainctl/render"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// fmtOptions are the flags of fmt.
type fmtOptions struct{ list, write, check, diff, recursive bool }

func fmtCommand() command {
	return command{
		name: "fmt", args: "[DIR|FILE|-]...", brief: "rewrite configuration files in the usual style",
		about: `Rewrites *.retain.hcl and *.retainvars.hcl files: of the working folder, of the folders given, or just the files given. "-" formats standard input to standard output. Files in JSON are left as they are. The names of files that change are printed.

The style is that of "terraform fmt".

Exit status: 0 done, 1 error, or -check where something would change.`,
		define: func(fs *flags) runFunc {
			var o fmtOptions
			fs.BoolVar(&o.list, "list", true, "print the names of files that change")
			fs.BoolVar(&o.write, "write", true, "write the files; -write=false changes nothing")
			fs.BoolVar(&o.check, "check", false, "change nothing; exit with 1 where something would change")
			fs.BoolVar(&o.diff, "diff", false, "print what changes")
			fs.BoolVar(&o.recursive, "recursive", false, "go into folders below too")
			return func(_ context.Context, s *session, args []string) (int, error) {
				if len(args) == 0 {
					args = []string{"."}
				}
				return s.format(o, args)
			}
		},
	}
}

// format formats all targets. One that cannot be read keeps no other from being
// formatted.
func (s *session) format(o fmtOptions, targets []string) (int, error) {
	if slices.Contains(targets, "-") {
		if len(targets) > 1 {
			return 0, failure("Too many arguments", "\"-\" stands for standard input, and alone.")
		}
		return s.formatStdin(o)
	}
	exit := exitDone
	for _, target := range targets {
		paths, err := s.configFiles(target, o.recursive)
		if err != nil {
			exit = s.fail(err)
		}
		for _, path := range paths {
			code, err := s.formatFile(o, path)
			if err != nil {
				code = s.fail(err)
			}
			exit = max(exit, code)
		}
	}
	return exit, nil
}

func (s *session) formatStdin(o fmtOptions) (int, error) {
	src, err := io.ReadAll(s.Stdin)
	if err != nil {
		return 0, fmt.Errorf("read standard input: %w", err)
	}
	o.list = false
	formatted, exit, err := s.formatted(o, "<stdin>", src)
	if err == nil && !o.check && !o.diff {
		_, err = s.Stdout.Write(formatted)
	}
	return exit, err
}

func (s *session) formatFile(o fmtOptions, path string) (int, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	formatted, exit, err := s.formatted(o, path, src)
	if err != nil || o.check || !o.write || bytes.Equal(src, formatted) {
		return exit, err
	}
	return exit, state.WriteFile(path, formatted)
}

// formatted gives a text in the usual style, and says what changes.
func (s *session) formatted(o fmtOptions, path string, src []byte) ([]byte, int, error) {
	name := path
	if rel, err := filepath.Rel(s.Dir, path); err == nil && path != "<stdin>" {
		name = rel
	}
	formatted, file, diags := spec.Format(src, name)
	if diags.HasErrors() {
		return nil, 0, s.diagnose(map[string]*hcl.File{name: file}, diags)
	}
	if bytes.Equal(src, formatted) {
		return formatted, exitDone, nil
	}
	if o.list {
		fmt.Fprintln(s.Stdout, render.Escape(name))
	}
	if o.diff {
		s.printDiff(diff.Diff("old/"+name, src, "new/"+name, formatted))
	}
	if o.check {
		return formatted, exitError, nil
	}
	return formatted, exitDone, nil
}

// printDiff prints line by line what strangers wrote: a CI runner takes no command
// from it, nor a terminal.
func (s *session) printDiff(text []byte) {
	for line := range strings.Lines(string(text)) {
		fmt.Fprintln(s.Stdout, render.Escape(strings.TrimSuffix(line, "\n")))
	}
}

// configFiles lists the native-syntax files of a folder, or the one file given.
// Hidden files are an editor's.
func (s *session) configFiles(target string, recursive bool) ([]string, error) {
	given, target := target, s.path(target)
	info, err := os.Stat(target)
	switch {
	case err != nil:
		return nil, failure("Nothing to format", fmt.Sprintf("There is no file or folder %s that can be read.", given))
	case !info.IsDir() && !formattable(target):
		return nil, failure("Nothing to format", fmt.Sprintf("fmt rewrites HCL's native syntax only, in *.retain.hcl and *.retainvars.hcl files, and %s is none.", given))
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
