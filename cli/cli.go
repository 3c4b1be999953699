// Package cli is the command line: it reads flags, calls the other packages in
// the order of a command and turns what they give into an exit status. Results go
// to stdout; progress, prompts, warnings and errors to stderr.
//
// Exit status: 0 done, or no changes; 1 error; 2 changes present with
// -detailed-exitcode; 130 interrupted.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/agext/levenshtein"
	"golang.org/x/term"

	"github.com/retainctl/retainctl/render"
)

const (
	exitDone        = 0
	exitError       = 1
	exitChanges     = 2
	exitInterrupted = 130
)

// Env is the world outside of the process, so that commands have no globals.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Environ        []string
	Dir            string           // the working folder
	Signals        <-chan os.Signal // SIGINT, SIGTERM, SIGHUP
	Exit           func(int)        // ends the process at a second signal
	StdinTTY       bool
	StdoutTTY      bool
	StderrTTY      bool
	Width          int
}

// System is the environment of the running process.
func System() Env {
	// A reader that goes away ("| head -1") must not kill an apply in the middle: the
	// write fails instead, and Run ends without a word.
	signal.Ignore(syscall.SIGPIPE)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	dir, _ := os.Getwd()
	width, _, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil {
		width = 80
	}
	return Env{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Environ: os.Environ(), Dir: dir, Signals: signals, Exit: os.Exit,
		StdinTTY:  term.IsTerminal(int(os.Stdin.Fd())),
		StdoutTTY: term.IsTerminal(int(os.Stdout.Fd())),
		StderrTTY: term.IsTerminal(int(os.Stderr.Fd())),
		Width:     width,
	}
}

// Getenv gives the last value of a variable, or "".
func (e Env) Getenv(name string) string {
	for i := len(e.Environ) - 1; i >= 0; i-- {
		if value, ok := strings.CutPrefix(e.Environ[i], name+"="); ok {
			return value
		}
	}
	return ""
}

// Run runs one command line and gives the exit status.
func Run(args []string, env Env) int {
	ctx, stop := interruptible(env)
	defer stop()
	s := newSession(env)
	args, err := s.chdir(args)
	if err != nil {
		return s.fail(err)
	}
	if len(args) == 0 {
		fmt.Fprint(env.Stderr, render.HelpIndex(pages(commands())))
		return exitError
	}
	if words, ok := helpWanted(args); ok {
		help, err := helpFor(words)
		if err != nil {
			return s.fail(err)
		}
		fmt.Fprint(s.Stdout, help)
		if lost := s.results.lost(); lost != nil {
			return s.fail(lost)
		}
		return exitDone
	}
	cmd, rest, err := find(args)
	if err != nil {
		return s.fail(err)
	}
	return s.run(ctx, cmd, rest)
}

// run parses a command's flags and runs it.
func (s *session) run(ctx context.Context, cmd command, args []string) int {
	fs := newFlags(cmd.name)
	do := cmd.define(fs)
	rest, err := fs.parse(args)
	if err != nil {
		return s.fail(err)
	}
	s.noColor = s.noColor || fs.noColor
	code, err := do(ctx, s, rest)
	if lost := s.results.lost(); lost != nil {
		s.events = nil // they went the same way
		if err == nil || errors.Is(err, errReported) || errors.Is(err, s.results.err) {
			err = lost
		}
	}
	if err != nil {
		if ctx.Err() != nil && errors.Is(err, context.Canceled) {
			fmt.Fprintln(s.Stderr, "Interrupted: nothing was published.")
			return exitInterrupted
		}
		return s.fail(err)
	}
	return code
}

// chdir takes -chdir=DIR off the front of the command line.
func (s *session) chdir(args []string) ([]string, error) {
	if len(args) == 0 {
		return args, nil
	}
	flag, dir, has := strings.Cut(strings.TrimPrefix(args[0], "-"), "=")
	if strings.TrimPrefix(flag, "-") != "chdir" {
		return args, nil
	}
	args = args[1:]
	if !has {
		if len(args) == 0 {
			return nil, errNoFolder
		}
		dir, args = args[0], args[1:]
	}
	if dir == "" { // an unset variable of a script, which must not mean "here"
		return nil, errNoFolder
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(s.Dir, dir)
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, failure("No such folder", fmt.Sprintf("-chdir names %s, which is not a folder that can be read.", dir))
	}
	s.Dir = dir
	return args, nil
}

var errNoFolder = failure("No folder given", "-chdir needs a folder: -chdir=DIR.")

// interruptible gives a context that the first signal cancels; a second one ends
// the process at once.
func interruptible(env Env) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	finished := make(chan struct{})
	go func() {
		select {
		case <-env.Signals:
		case <-finished:
			return
		}
		cancel()
		fmt.Fprintln(env.Stderr, "\nInterrupted: nothing more is begun. Interrupt again to exit at once.")
		select {
		case <-env.Signals:
			env.Exit(exitInterrupted)
		case <-finished:
		}
	}()
	return ctx, func() { close(finished); cancel() }
}

// userError is a failure with what to do about it.
type userError struct{ summary, detail string }

func (e *userError) Error() string { return e.summary + ": " + e.detail }

func failure(summary, detail string) error { return &userError{summary, detail} }

// errReported ends a command whose errors were printed already.
var errReported = errors.New("reported")

// fail prints an error and gives the exit status.
func (s *session) fail(err error) int {
	var user *userError
	switch {
	case errors.Is(err, errReported), errors.Is(err, syscall.EPIPE): // nobody reads on
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

// headline makes a sentence of a wrapped error, which starts in lower case. What it
// says on further lines may be another's text, so that none of them begins as ours do.
func headline(err error) string {
	text := strings.ReplaceAll(err.Error(), "\n", "\n  ")
	if text == "" {
		return "Failed"
	}
	_, n := utf8.DecodeRuneInString(text)
	return strings.ToUpper(text[:n]) + text[n:]
}

// nearest gives the name that was probably meant, or "": at most two letters are
// wrong, and two more are right.
func nearest(given string, names []string) string {
	best, distance := "", min(3, len(given)-1)
	for _, name := range names {
		if d := levenshtein.Distance(given, name, nil); d < distance {
			best, distance = name, d
		}
	}
	return best
}
