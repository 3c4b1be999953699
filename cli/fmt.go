package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
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
				return runFmt(s, o, args)
			}
		},
	}
}

// runFmt formats all targets. If one cannot be read, the others are formatted all the same.
func runFmt(s *session, o fmtOptions, targets []string) (int, error) {
	if slices.Contains(targets, "-") {
		if len(targets) > 1 {
			return 0, failure("Too many arguments", "\"-\" stands for standard input, and alone.")
		}
		return formatStdin(s, o)
	}
	exit := exitDone
	for _, target := range targets {
		paths, err := configFiles(s, target, o.recursive)
		if err != nil {
			exit = s.fail(err)
		}
		for _, path := range paths {
			code, err := formatFile(s, o, path)
			if err != nil {
				code = s.fail(err)
			}
			exit = max(exit, code)
		}
	}
	return exit, nil
}

func formatStdin(s *session, o fmtOptions) (int, error) {
	src, err := io.ReadAll(s.Stdin)
	if err != nil {
		return 0, fmt.Errorf("read standard input: %w", err)
	}
	o.list = false
	formatted, exit, err := formatted(s, o, "<stdin>", src)
	if err == nil && !o.check && !o.diff {
		_, err = s.Stdout.Write(formatted)
	}
	return exit, err
}

func formatFile(s *session, o fmtOptions, path string) (int, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	formatted, exit, err := formatted(s, o, path, src)
	if err != nil || o.check || !o.write || bytes.Equal(src, formatted) {
		return exit, err
	}
	return exit, state.WriteFile(path, formatted)
}

// formatted returns a text in the usual style, and prints what changes.
func formatted(s *session, o fmtOptions, path string, src []byte) ([]byte, int, error) {
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
		printDiff(s, diff.Diff("old/"+name, src, "new/"+name, formatted))
	}
	if o.check {
		return formatted, exitError, nil
	}
	return formatted, exitDone, nil
}

// printDiff escapes each line: untrusted authors wrote them, and neither a CI runner nor a
// terminal may take commands from them.
func printDiff(s *session, text []byte) {
	for line := range strings.Lines(string(text)) {
		fmt.Fprintln(s.Stdout, render.Escape(strings.TrimSuffix(line, "\n")))
	}
}
