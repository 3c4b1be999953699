package cli

import (
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"golang.org/x/term"
)

// Env is everything outside of the process that commands use.
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
	Width          int // of the output, in columns
}

// System returns the environment of the running process.
func System() Env {
	// A reader that closes the pipe ("| head -1") must not kill a running apply. The write fails
	// instead, and Run ends without a message.
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

// Getenv returns the last value of a variable in Environ, or "" if it is not set.
func (e Env) Getenv(name string) string {
	for i := len(e.Environ) - 1; i >= 0; i-- {
		if value, ok := strings.CutPrefix(e.Environ[i], name+"="); ok {
			return value
		}
	}
	return ""
}
