// Package cli is the command line. It reads flags, calls the other packages in the order that a
// command needs, and turns what they return into an exit status. Results go to stdout; progress,
// prompts, warnings and errors go to stderr.
//
// Exit status: 0 done, or no changes; 1 error; 2 changes present with
// -detailed-exitcode; 130 interrupted.
//
// Its files are in layers, and each refers only to those before it:
//
//   - the environment (Env), and the program's errors and constants
//   - the session: streams, style and how errors are printed
//   - flags, and what a command and the table of commands are
//   - helpers of several commands: inputs and projects, state stores, locks,
//     questions, files, plans and their application
//   - commands, a file each, and the list of them (commands.go)
//   - Run
//
// The packages completion and console do not import cli.
package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/retainctl/retainctl/render"
)

// app is one run of the program: a session and the command table.
type app struct {
	*session
	commands table
}

// Run runs one command line and returns the exit status.
func Run(args []string, env Env) int {
	ctx, stop := interruptible(env)
	defer stop()
	a := app{session: newSession(env), commands: commands()}
	code, err := a.run(ctx, args)
	if err != nil {
		return a.fail(err)
	}
	return code
}

func (a app) run(ctx context.Context, args []string) (int, error) {
	dir, args, err := chdir(a.Dir, args)
	if err != nil {
		return 0, err
	}
	a.Dir = dir
	if len(args) == 0 {
		fmt.Fprint(a.Stderr, render.HelpIndex(a.commands.pages()))
		return exitError, nil
	}
	if words, ok := helpWanted(args); ok {
		return exitDone, a.help(words)
	}
	cmd, rest, err := a.commands.find(args)
	if err != nil {
		return 0, err
	}
	return a.command(ctx, cmd, rest)
}

func (a app) help(words []string) error {
	help, err := a.commands.help(words)
	if err != nil {
		return err
	}
	fmt.Fprint(a.Stdout, help)
	return a.results.writeError()
}

// command parses a command's flags and runs it.
func (a app) command(ctx context.Context, cmd command, args []string) (int, error) {
	fs := newFlags(cmd.name)
	do := cmd.define(fs)
	rest, err := fs.parse(args)
	if err != nil {
		return 0, err
	}
	a.noColor = a.noColor || fs.noColor
	code, err := do(ctx, a.session, rest)
	if lost := a.results.writeError(); lost != nil {
		a.events = nil // stdout cannot be written to
		if err == nil || errors.Is(err, errReported) || errors.Is(err, a.results.err) {
			err = lost
		}
	}
	if err != nil && ctx.Err() != nil && errors.Is(err, context.Canceled) {
		fmt.Fprintln(a.Stderr, "Interrupted: nothing was published.")
		return exitInterrupted, nil
	}
	return code, err
}
