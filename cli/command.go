package cli

import (
	"context"
	"fmt"
)

// runFunc carries out a command whose flags are parsed.
type runFunc func(ctx context.Context, s *session, args []string) (exit int, err error)

// command is one entry of the command table.
type command struct {
	name  string // "state list" has two words
	args  string // the arguments after the flags, for help
	brief string
	about string // further help
	// hidden commands are for programs, and no list shows them.
	hidden bool
	// define declares the command's flags and returns what runs with them.
	define func(fs *flags) runFunc
}

// noArguments refuses arguments of a command that takes none.
func noArguments(args []string) error {
	if len(args) > 0 {
		return failure("Too many arguments", fmt.Sprintf("This command takes no argument, but %q was given.", args[0]))
	}
	return nil
}
