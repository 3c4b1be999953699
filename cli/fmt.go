package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/rogpeppe/go-internal/diff"

	"github.com/retainctl/retainctl/folder"
	"github.com/retainctl/retainctl/render"
	"github.com/retainctl/retainctl/spec"
)

// fmtOptions are the flags of fmt.
type fmtOptions struct{ list, write, check, diff, recursive bool }

func fmtCommand() command {
	return command{
		name: "fmt", args: "[DIR|FILE|-]...", brief: "rewrite configuration files in the usual style",
		about: `Rewrites *.retain.hcl and *.retainvars.hcl files: in the working folder, in the folders given, or ` +
			`just the files given. "-" formats standard input to standard output. Files in JSON are left as they ` +
			`are. The names of files that change are printed.

The style is that of "terraform fmt".

Exit status: 0 done, 1 error, or something would change with -check.`,
		define: func(fs *flags) runFunc {
			var o fmtOptions
			fs.BoolVar(&o.list, "list", true, "print the names of files that change")
			fs.BoolVar(&o.write, "write", true, "write the files; -write=false changes nothing")
			fs.BoolVar(&o.check, "check", false, "change nothing; exit with 1 if something would change")
			fs.BoolVar(&o.diff, "diff", false, "print what changes")
			fs.BoolVar(&o.recursive, "recursive", false, "go into folders below too")
			return func(_ context.Context, s *session, args []string) (int, error) {
				if len(args) == 0 {
					args = []string{"."}
				}
				return formatter{s, o}.all(args)
			}
		},
	}
}

// formatter formats files and prints what it changes.
type formatter struct {
	s *session
	fmtOptions
}

// all formats all targets. If one cannot be read, it goes on with the others.
func (f formatter) all(targets []string) (int, error) {
	if slices.Contains(targets, "-") {
		if len(targets) > 1 {
			return 0, failure("Too many arguments", "\"-\" means standard input, and cannot be combined with files.")
		}
		return f.stdin()
	}
	exit := exitDone
	for _, target := range targets {
		files, err := configFiles(f.s, target, f.recursive)
		if err != nil {
			exit = f.s.fail(err)
		}
		for _, file := range files {
			code, err := f.file(file)
			if err != nil {
				code = f.s.fail(err)
			}
			exit = max(exit, code)
		}
	}
	return exit, nil
}

func (f formatter) stdin() (int, error) {
	src, err := io.ReadAll(f.s.Stdin)
	if err != nil {
		return 0, fmt.Errorf("read standard input: %w", err)
	}
	f.list = false
	formatted, exit, err := f.formatted("<stdin>", src)
	if err == nil && !f.check && !f.diff {
		_, err = f.s.Stdout.Write(formatted)
	}
	return exit, err
}

// maxSource is the size of the largest file that is formatted, in bytes.
const maxSource = 64 << 20

func (f formatter) file(file folder.File) (int, error) {
	src, err := file.Read(maxSource)
	if err != nil {
		return 0, err
	}
	formatted, exit, err := f.formatted(file.Path(), src)
	if err != nil || f.check || !f.write || bytes.Equal(src, formatted) {
		return exit, err
	}
	return exit, file.Replace(formatted)
}

// formatted returns a text in the usual style, and prints what changes.
func (f formatter) formatted(path string, src []byte) ([]byte, int, error) {
	name := path
	if rel, err := filepath.Rel(f.s.Dir, path); err == nil && path != "<stdin>" {
		name = rel
	}
	formatted, file, diags := spec.Format(src, name)
	if diags.HasErrors() {
		return nil, 0, f.s.diagnose(map[string]*hcl.File{name: file}, diags)
	}
	if bytes.Equal(src, formatted) {
		return formatted, exitDone, nil
	}
	if f.list {
		fmt.Fprintln(f.s.Stdout, render.Escape(name))
	}
	if f.diff {
		f.printDiff(diff.Diff("old/"+name, src, "new/"+name, formatted))
	}
	if f.check {
		return formatted, exitError, nil
	}
	return formatted, exitDone, nil
}

// printDiff escapes each line. The lines are untrusted, and neither a CI runner nor a terminal may
// take commands from them.
func (f formatter) printDiff(text []byte) {
	for line := range strings.Lines(string(text)) {
		fmt.Fprintln(f.s.Stdout, render.Escape(strings.TrimSuffix(line, "\n")))
	}
}
