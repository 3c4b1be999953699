package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/rogpeppe/go-internal/diff"

	"github.com/retainctl/retainctl/render"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// fmtOptions are the flags of fmt.
type fmtOptions struct{ check, diff, recursive bool }

func fmtCommand() command {
	return command{
		name: "fmt", args: "[DIR|FILE|-]", brief: "rewrite configuration files in the usual style",
		define: func(fs *flags) runFunc {
			var o fmtOptions
			fs.BoolVar(&o.check, "check", false, "change nothing; exit with 1 where something would change")
			fs.BoolVar(&o.diff, "diff", false, "print what changes")
			fs.BoolVar(&o.recursive, "recursive", false, "go into folders below too")
			return func(_ context.Context, s *session, args []string) (int, error) {
				if len(args) > 1 {
					return 0, failure("Too many arguments", "fmt takes one folder, one file or -.")
				}
				return s.format(o, append(args, ".")[0])
			}
		},
	}
}

func (s *session) format(o fmtOptions, target string) (int, error) {
	if target == "-" {
		src, err := io.ReadAll(s.Stdin)
		if err != nil {
			return 0, fmt.Errorf("read standard input: %w", err)
		}
		return s.formatSource(o, "<stdin>", src, func(formatted []byte) error {
			_, err := s.Stdout.Write(formatted)
			return err
		})
	}
	paths, err := configFiles(s.path(target), o.recursive)
	if err != nil {
		return 0, failure("Nothing to format", headline(err)+".")
	}
	exit := exitDone
	for _, path := range paths {
		src, err := os.ReadFile(path)
		if err != nil {
			return 0, err
		}
		code, err := s.formatSource(o, path, src, func(formatted []byte) error {
			return rewrite(path, src, formatted)
		})
		switch {
		case errors.Is(err, errReported): // the other files are formatted all the same
			exit = exitError
		case err != nil:
			return 0, err
		}
		exit = max(exit, code)
	}
	return exit, nil
}

func rewrite(path string, src, formatted []byte) error {
	if bytes.Equal(src, formatted) {
		return nil
	}
	return state.WriteFile(path, formatted)
}

// formatSource formats one file and hands it to write unless -check is given.
func (s *session) formatSource(o fmtOptions, path string, src []byte, write func([]byte) error) (int, error) {
	formatted, file, diags := spec.Format(src, path)
	if diags.HasErrors() {
		return 0, s.diagnose(map[string]*hcl.File{path: file}, diags)
	}
	changed := !bytes.Equal(src, formatted)
	name := path
	if rel, err := filepath.Rel(s.Dir, path); err == nil && path != "<stdin>" {
		name = rel
	}
	if changed && path != "<stdin>" {
		fmt.Fprintln(s.Stdout, render.Escape(name))
	}
	if changed && o.diff {
		s.printDiff(diff.Diff("old/"+name, src, "new/"+name, formatted))
	}
	if o.check {
		if changed {
			return exitError, nil
		}
		return exitDone, nil
	}
	return exitDone, write(formatted)
}

// printDiff prints line by line what strangers wrote: a CI runner takes no command
// from it, nor a terminal.
func (s *session) printDiff(text []byte) {
	for line := range strings.Lines(string(text)) {
		fmt.Fprintln(s.Stdout, render.Escape(strings.TrimSuffix(line, "\n")))
	}
}

// configFiles lists the native-syntax files of a folder, or the one file given.
func configFiles(target string, recursive bool) ([]string, error) {
	info, err := os.Stat(target)
	if err != nil {
		return nil, err
	}
	switch {
	case info.IsDir():
	case strings.HasSuffix(target, ".json"):
		return nil, fmt.Errorf("%s is JSON: fmt rewrites HCL's native syntax only", target)
	default:
		return []string{target}, nil
	}
	var paths []string
	err = filepath.WalkDir(target, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != target && (!recursive || strings.HasPrefix(d.Name(), ".")):
			return filepath.SkipDir
		case strings.HasSuffix(path, ".retain.hcl") || strings.HasSuffix(path, ".retainvars.hcl"):
			paths = append(paths, path)
		}
		return nil
	})
	return paths, err
}
