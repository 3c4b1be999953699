package cli

import (
	"context"
	"os"
	"path/filepath"

	"github.com/retainctl/retainctl/render"
)

// manCommand writes the man pages, for "make man" and for packagers of the program. They are made
// from the help texts.
func manCommand(known table) command {
	brief := "write the man pages to a folder"
	return command{name: "__man", args: "DIR", brief: brief, hidden: true, define: func(fs *flags) runFunc {
		return func(_ context.Context, s *session, args []string) (int, error) {
			if len(args) != 1 {
				return 0, failure("Which folder?", "__man needs the folder that the pages are written to.")
			}
			return exitDone, writeManPages(known, s.path(args[0]))
		}
	}}
}

func writeManPages(known table, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, page := range render.ManPages(Version, known.pages(), exitStatuses, environment) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(page), 0o644); err != nil {
			return err
		}
	}
	return nil
}
