package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/render"
	"github.com/retainctl/retainctl/spec/generate"
)

// checkOut refuses a file that would not be part of the configuration, or that exists.
func checkOut(s *session, out string) error {
	if out == "" {
		return nil
	}
	path := s.path(out)
	inFolder, hidden := filepath.Dir(path) == filepath.Clean(s.Dir), strings.HasPrefix(filepath.Base(path), ".")
	if !inFolder || hidden || !strings.HasSuffix(path, ".retain.hcl") {
		return failure("Not a file of the configuration", fmt.Sprintf(
			"-out=%s: a configuration is the files of its folder whose names end in .retain.hcl. Name one there, "+
				"such as -out=imported.retain.hcl, or omit -out to print the result.", out))
	}
	return absent(path, out)
}

func absent(path, name string) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return failure("The file exists", fmt.Sprintf(
			"import overwrites nothing, and %s already exists. Name a new file with -out; its content can be moved "+
				"afterwards, since labels and files may be renamed freely.", name))
	}
	return nil
}

// taken returns the names that the configuration and its folder already use.
func (i importing) taken() generate.Names {
	names := generate.Declared(i.files)
	entries, _ := os.ReadDir(i.s.Dir) // it was read a moment ago
	for _, entry := range entries {
		names.TakeFile(entry.Name())
	}
	return names
}

// write prints the configuration, or writes it and its tables as new files.
// If the configuration is not valid with them, they are removed again.
func (i importing) write(ctx context.Context, made generate.Result) (err error) {
	if i.f.out == "" {
		_, err := i.s.Stdout.Write(made.HCL)
		return err
	}
	files := maps.Clone(made.Files)
	files[filepath.Base(i.s.path(i.f.out))] = made.HCL
	names := slices.Sorted(maps.Keys(files))
	for _, name := range names {
		if err := absent(filepath.Join(i.s.Dir, name), name); err != nil {
			return err
		}
	}
	var written []string
	defer func() {
		for _, path := range written {
			if err != nil {
				os.Remove(path)
			}
		}
	}()
	for _, name := range names {
		path := filepath.Join(i.s.Dir, name)
		if err := createFile(path, files[name]); err != nil {
			return fmt.Errorf("write what was imported: %w", err)
		}
		written = append(written, path)
	}
	e, err := evaluate(ctx, i.s, i.s.Dir, i.f.inputs(i.s, false, nil))
	if err != nil {
		return err
	}
	if e.diags.HasErrors() {
		warning := func(d *hcl.Diagnostic) bool { return d.Severity != hcl.DiagError }
		i.s.diagnose(e.files, slices.DeleteFunc(e.diags, warning))
		return failure("Nothing was imported",
			"The imported files make the configuration invalid, for the reasons above. They were removed again.")
	}
	return nil
}

func createFile(path string, data []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err = errors.Join(err, file.Close()); err != nil {
		os.Remove(path)
	}
	return err
}

// report prints what was written, what could not be written, and what to do next.
func (i importing) report(made generate.Result, left leftOut, can mqtt.Capabilities) {
	s := i.s
	if len(made.LeftOut) > 0 {
		first := made.LeftOut[0]
		s.warn("Messages that cannot be declared", fmt.Sprintf("%s left out, the first %q: %s.",
			render.Count(len(made.LeftOut), "message"), first.Topic, first.Reason))
	}
	if hidden := mqtt.AllFields &^ can.Readable &^ mqtt.FieldQoS; hidden != 0 {
		s.warn("Fields that cannot be read back", fmt.Sprintf(
			"The broker does not show %s. Add the values that the messages have: the next plan takes them as "+
				"declared.", strings.Join(hidden.Names(), ", ")))
	}
	for _, x := range exclusives(i.config, i.block.Name) {
		s.warn("Messages that are not imported may be deleted", fmt.Sprintf(
			"%s deletes whatever matches %q and is not declared: the next plan deletes what is live there and was "+
				"not imported. Review it before you apply.", x.Address, x.Filter))
	}
	fmt.Fprintf(s.Stderr, "Imported %s as %s",
		render.Count(made.Written, "message"), render.Count(made.Blocks, "block"))
	if i.f.out != "" {
		fmt.Fprintf(s.Stderr, ": %s", render.Escape(i.f.out))
		for _, name := range slices.Sorted(maps.Keys(made.Files)) {
			fmt.Fprintf(s.Stderr, ", %s", render.Escape(name))
		}
	}
	fmt.Fprintln(s.Stderr, ".")
	for _, line := range left.lines() {
		fmt.Fprintln(s.Stderr, line)
	}
	if i.f.out != "" {
		fmt.Fprintln(s.Stderr,
			"\"retainctl plan\" shows what is taken over; \"retainctl apply\" records it without a publish.")
	}
}
