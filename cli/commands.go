package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// runFunc carries out a command whose flags are parsed.
type runFunc func(ctx context.Context, s *session, args []string) (exit int, err error)

// command is one entry of the command table.
type command struct {
	name  string // "state list" has two words
	args  string // what follows the flags, for help
	brief string
	about string // further help
	// hidden commands are for programs: no list shows them.
	hidden bool
	// define declares the command's flags and gives what runs with them.
	define func(fs *flags) runFunc
}

// commands is the command table, in the order of the help text.
func commands() []command {
	return []command{
		planCommand(), applyCommand(), destroyCommand(),
		validateCommand(), fmtCommand(), showCommand(),
		importCommand(),
		stateListCommand(), stateShowCommand(), stateRemoveCommand(), statePullCommand(), stateRebindCommand(),
		statePushCommand(), stateMigrateCommand(),
		restoreCommand(),
		forceUnlockCommand(),
		consoleCommand(),
		outputCommand(),
		brokerCommand(), initCommand(), versionCommand(),
		completionCommand(),
		schemaCommand(),
		manCommand(), completeCommand(),
	}
}

// find gives the command that args begin with and the rest of them.
func find(args []string) (command, []string, error) {
	table := commands()
	if args[0] == "-version" || args[0] == "--version" {
		args = append([]string{"version"}, args[1:]...)
	}
	for _, words := range []int{2, 1} {
		if len(args) < words {
			continue
		}
		name := strings.Join(args[:words], " ")
		if i := slices.IndexFunc(table, func(c command) bool { return c.name == name }); i >= 0 {
			return table[i], args[words:], nil
		}
	}
	return command{}, nil, unknownCommand(table, args)
}

func unknownCommand(table []command, args []string) error {
	given, names := args[0], []string{}
	for _, c := range table {
		first, second, two := strings.Cut(c.name, " ")
		if two && first == args[0] && len(args) > 1 {
			given = strings.Join(args[:2], " ")
		}
		if two && first == args[0] && len(args) == 1 {
			return failure("Which one?", fmt.Sprintf("%q needs a second word, such as %q. \"retainctl -help\" lists them.", first, first+" "+second))
		}
		if !c.hidden {
			names = append(names, c.name)
		}
	}
	advice := `"retainctl -help" lists the commands.`
	if near := nearest(given, names); near != "" {
		advice = fmt.Sprintf("Did you mean %q?", near)
	}
	return failure("Unknown command", fmt.Sprintf("There is no command %q. %s", given, advice))
}
