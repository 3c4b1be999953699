package cli

import (
	"errors"
	"fmt"
	"io"
	"log"
	"path/filepath"
	"syscall"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/render"
)

// session is one run of the command line.
type session struct {
	Env
	noColor bool
	compact bool // -compact-warnings

	diagnosed bool           // a configuration was loaded, and what it warns of was printed
	events    *render.Events // set where a command prints NDJSON
	log       func(format string, args ...any)
	results   *results // what Stdout writes to
}

func newSession(env Env) *session {
	s := &session{Env: env, log: debugLog(env), results: &results{w: env.Stdout}}
	s.Stdout = s.results
	return s
}

// results is stdout. It keeps the first error of writing, so that no command has to
// look after each line: a result that nobody got is a failure.
type results struct {
	w   io.Writer
	err error
}

func (r *results) Write(p []byte) (int, error) {
	n, err := r.w.Write(p)
	if err != nil && r.err == nil {
		r.err = err
	}
	return n, err
}

// lost gives the error of a result that could not be written. A reader that went
// away wanted no more of it.
func (r *results) lost() error {
	if r.err == nil || errors.Is(r.err, syscall.EPIPE) {
		return nil
	}
	return failure("The result could not be written", headline(r.err)+".")
}

// debugLog writes to stderr under RETAINCTL_LOG=debug and nowhere otherwise.
func debugLog(env Env) func(string, ...any) {
	w := io.Discard
	if env.Getenv("RETAINCTL_LOG") == "debug" {
		w = env.Stderr
	}
	l := log.New(w, "debug: ", log.Ltime|log.Lmicroseconds)
	return func(format string, args ...any) { l.Print(render.Escape(fmt.Sprintf(format, args...))) }
}

// style is how to print to a stream.
func (s *session) style(tty bool) render.Style {
	return render.Style{Color: tty && !s.noColor && s.Getenv("NO_COLOR") == "", Width: s.Width}
}

func (s *session) out() render.Style { return s.style(s.StdoutTTY) }
func (s *session) err() render.Style { return s.style(s.StderrTTY) }

// path resolves a path of the command line against the working folder.
func (s *session) path(p string) string {
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(s.Dir, p)
}

// diagnose prints diagnostics and fails where one is an error.
func (s *session) diagnose(files map[string]*hcl.File, diags hcl.Diagnostics) error {
	s.diagnosed = true
	if len(diags) == 0 {
		return nil
	}
	if s.events != nil {
		s.events.Diagnostics(files, diags)
	} else {
		render.Diagnostics(s.Stderr, files, diags, render.DiagnosticsOptions{Style: s.err(), CompactWarnings: s.compact})
	}
	if diags.HasErrors() {
		return errReported
	}
	return nil
}

// none refuses arguments of a command that takes none.
func none(args []string) error {
	if len(args) > 0 {
		return failure("Too many arguments", fmt.Sprintf("This command takes no argument, but %q was given.", args[0]))
	}
	return nil
}

// warn prints a warning that is about no place in a file.
func (s *session) warn(summary, detail string) {
	s.diagnose(nil, hcl.Diagnostics{{Severity: hcl.DiagWarning, Summary: summary, Detail: detail}})
}
