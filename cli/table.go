package cli

import (
	"fmt"
	"slices"
	"strings"
)

// table lists the commands in the order of the help text.
type table []command

// find returns the command that args begin with, and the rest of args.
func (t table) find(args []string) (command, []string, error) {
	if args[0] == "-version" || args[0] == "--version" {
		args = append([]string{"version"}, args[1:]...)
	}
	for _, words := range []int{2, 1} {
		if len(args) < words {
			continue
		}
		name := strings.Join(args[:words], " ")
		if i := slices.IndexFunc(t, func(c command) bool { return c.name == name }); i >= 0 {
			return t[i], args[words:], nil
		}
	}
	return command{}, nil, t.unknown(args)
}

// unknown returns the error for args that name no command.
func (t table) unknown(args []string) error {
	given, names := args[0], []string{}
	for _, c := range t {
		first, second, two := strings.Cut(c.name, " ")
		if two && first == args[0] && len(args) > 1 {
			given = strings.Join(args[:2], " ")
		}
		if two && first == args[0] && len(args) == 1 {
			return failure("Which one?", fmt.Sprintf(
				"%q needs a second word, such as %q. \"retainctl -help\" lists them.", first, first+" "+second))
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

// group returns the commands whose names begin with a word, such as "state".
func (t table) group(word string) table {
	var found table
	for _, c := range t {
		if strings.HasPrefix(c.name, word+" ") {
			found = append(found, c)
		}
	}
	return found
}
