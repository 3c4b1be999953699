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
	// define declares the command's flags and gives what runs with them.
	define func(fs *flags) runFunc
}

// commands is the command table, in the order of the help text.
func commands() []command {
	return []command{
		planCommand(), applyCommand(), destroyCommand(),
		validateCommand(), fmtCommand(), showCommand(),
		later("import", "FILTER...", "write configuration for live messages"),
		stateListCommand(), stateShowCommand(), stateRemoveCommand(), statePullCommand(), stateRebindCommand(),
		later("state push", "FILE", "replace the state with a file"),
		later("state migrate", "", "move the state to another backend"),
		later("restore", "BACKUP", "publish back what an apply replaced"),
		later("force-unlock", "ID", "release a lock that nobody holds any more"),
		later("console", "", "evaluate expressions"),
		later("output", "[NAME]", "print the outputs"),
		brokerCommand(), initCommand(), versionCommand(),
		later("completion", "SHELL", "print a completion script"),
		later("schema", "", "describe all blocks and attributes"),
	}
}

// later is a command of the contract whose work is not there yet.
func later(name, args, brief string) command {
	return command{name: name, args: args, brief: brief + " (not in this version)", define: func(fs *flags) runFunc {
		fs.lenient = true
		return func(context.Context, *session, []string) (int, error) {
			return 0, failure("Not in this version", fmt.Sprintf("%q is planned, but this version of retainctl cannot do it yet. Nothing was done.", name))
		}
	}}
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
		names = append(names, c.name)
	}
	advice := `"retainctl -help" lists the commands.`
	if near := nearest(given, names); near != "" {
		advice = fmt.Sprintf("Did you mean %q?", near)
	}
	return failure("Unknown command", fmt.Sprintf("There is no command %q. %s", given, advice))
}

// helpWanted tells whether args ask for help, and gives the words of the command
// that it is wanted for.
func helpWanted(args []string) (words []string, ok bool) {
	isHelp := func(a string) bool { return a == "-help" || a == "--help" || a == "-h" }
	if isHelp(args[0]) {
		return nil, true
	}
	if args[0] == "help" {
		return args[1:], true
	}
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	if !slices.ContainsFunc(args, isHelp) {
		return nil, false
	}
	return slices.DeleteFunc(slices.Clone(args), isHelp), true
}

// helpFor describes a command, a group of commands such as "state", or all.
func helpFor(words []string) (string, error) {
	if len(words) == 0 {
		return usage(commands()), nil
	}
	cmd, _, err := find(words)
	if err == nil {
		return cmd.help(), nil
	}
	group := slices.DeleteFunc(commands(), func(c command) bool { return !strings.HasPrefix(c.name, words[0]+" ") })
	if len(group) == 0 {
		return "", err
	}
	return usage(group), nil
}

func usage(table []command) string {
	var b strings.Builder
	b.WriteString("Usage: retainctl [-chdir=DIR] COMMAND [flags] [arguments]\n\nKeeps the retained messages of MQTT brokers as *.retain.hcl files declare them.\n\nCommands:\n")
	for _, c := range table {
		fmt.Fprintf(&b, "  %-14s %s\n", c.name, c.brief)
	}
	b.WriteString("\n\"retainctl COMMAND -help\" describes a command and its flags.\n")
	return b.String()
}

func (c command) help() string {
	fs := newFlags(c.name)
	c.define(fs)
	var b strings.Builder
	fmt.Fprintf(&b, "Usage: %s\n\n%s.\n", strings.Join(strings.Fields("retainctl "+c.name+" [flags] "+c.args), " "), strings.ToUpper(c.brief[:1])+c.brief[1:])
	if c.about != "" {
		fmt.Fprintf(&b, "\n%s\n", c.about)
	}
	b.WriteString(fs.help())
	return b.String()
}
