package cli

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"

	"github.com/retainctl/retainctl/render"
)

// manCommand writes the man pages, for "make man" and for who packages the
// program. They are made from what -help prints.
func manCommand() command {
	return command{name: "__man", args: "DIR", brief: "write the man pages to a folder", hidden: true, define: func(fs *flags) runFunc {
		return func(_ context.Context, s *session, args []string) (int, error) {
			if len(args) != 1 {
				return 0, failure("Which folder?", "__man needs the folder that the pages are written to.")
			}
			return exitDone, writeManPages(s.path(args[0]))
		}
	}}
}

func writeManPages(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	write := func(name string, page func(w io.Writer) error) error {
		var b bytes.Buffer
		if err := page(&b); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o644)
	}
	all := pages(commands())
	for _, p := range all {
		if err := write(p.ManFile(), func(w io.Writer) error { return p.Man(w, Version) }); err != nil {
			return err
		}
	}
	return write("retainctl.1", func(w io.Writer) error {
		return render.ManIndex(w, Version, all, exitStatuses, environment)
	})
}
