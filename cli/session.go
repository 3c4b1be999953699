package cli

import (
	"errors"
	"fmt"
	"io"
	"log"
	"path/filepath"
	"syscall"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/folder"
	"github.com/retainctl/retainctl/render"
)

// session is one run of the command line: its streams, their style, and what was printed on them.
type session struct {
	Env
	noColor bool
	compact bool // -compact-warnings

	diagnosed bool           // the diagnostics of a configuration were printed
	events    *render.Events // set if a command prints NDJSON
	log       func(format string, args ...any)
	results   *results // the writer behind Stdout
}

func newSession(env Env) *session {
	s := &session{Env: env, log: debugLog(env), results: &results{w: env.Stdout}}
	s.Stdout = s.results
	return s
}

// debugLog returns a function that writes to stderr if RETAINCTL_LOG is "debug", and discards
// otherwise.
func debugLog(env Env) func(string, ...any) {
	w := io.Discard
	if env.Getenv("RETAINCTL_LOG") == "debug" {
		w = env.Stderr
	}
	l := log.New(w, "debug: ", log.Ltime|log.Lmicroseconds)
	return func(format string, args ...any) { l.Print(render.Escape(fmt.Sprintf(format, args...))) }
}

// style returns the style of a stream, which may be a terminal.
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

// named returns a file that a flag or an argument names.
func (s *session) named(path string) folder.File { return folder.Named(s.path(path)) }

// diagnose prints diagnostics, and returns errReported if one of them is an error.
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

// warn prints a warning that does not refer to a place in a file.
func (s *session) warn(summary, detail string) {
	s.diagnose(nil, hcl.Diagnostics{{Severity: hcl.DiagWarning, Summary: summary, Detail: detail}})
}

// fail prints an error and returns the exit status.
func (s *session) fail(err error) int {
	var user *userError
	switch {
	case errors.Is(err, errReported), errors.Is(err, syscall.EPIPE): // the reader has closed the pipe
	case errors.As(err, &user):
		s.printError(user.summary, user.detail)
	default:
		s.printError(headline(err), "")
	}
	return exitError
}

func (s *session) printError(summary, detail string) {
	if s.events != nil {
		s.events.Error(summary, detail)
		return
	}
	render.Error(s.Stderr, summary, detail, s.style(s.StderrTTY))
}

// waiting shows on a terminal what the command is waiting for, until stop is called.
func (s *session) waiting(what string) (stop func()) {
	if !s.StderrTTY || s.events != nil {
		return func() {}
	}
	seconds := time.NewTicker(time.Second)
	stopped := render.Waiting(s.Stderr, what, seconds.C)
	return func() { seconds.Stop(); stopped() }
}
