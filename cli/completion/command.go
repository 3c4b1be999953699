package completion

import (
	"cmp"
	"slices"
	"strings"

	"github.com/retainctl/retainctl/render"
)

// Commands are the commands of the program.
type Commands interface {
	// Pages describes the commands that lists show.
	Pages() []render.HelpPage
	// Find returns the command that words begin with, and the words after it.
	Find(words []string) (cmd Command, given []string, ok bool)
}

// Command is a command as completion sees it.
type Command struct {
	Args  string // what follows the flags, as in its help text
	Flags []Flag
}

// Flag is a flag of a command.
type Flag struct {
	Name   string
	Value  string // what help texts call its value: FILE, ADDRESS|FILTER; the choices as they are typed
	Usage  string
	Switch bool // it needs no value
	Hidden bool // it is not offered
}

// argument is what help texts call the command's arguments.
func (c Command) argument() string {
	word, _, _ := strings.Cut(c.Args, " ")
	return cmp.Or(map[string]string{"[NAME]": "OUTPUT"}[word], strings.Trim(word, "[]."))
}

// flag returns the flag that a word such as -out or --out names.
func (c Command) flag(word string) (Flag, bool) {
	name := strings.TrimLeft(word, "-")
	i := slices.IndexFunc(c.Flags, func(f Flag) bool { return f.Name == name })
	if i < 0 {
		return Flag{}, false
	}
	return c.Flags[i], true
}

// flagWords are the command's flags, each up to its value.
func (c Command) flagWords() []candidate {
	all := []candidate{{text: "-help", about: "describe the command"}}
	for _, f := range c.Flags {
		if f.Hidden {
			continue
		}
		word := candidate{text: "-" + f.Name, about: f.Usage}
		if !f.Switch {
			word.text, word.open = word.text+"=", true
		}
		all = append(all, word)
	}
	return all
}

// commandWords are the next words of the commands that begin with those given.
func commandWords(pages []render.HelpPage, before []string) []candidate {
	var all []candidate
	for _, p := range pages {
		name := p.Name
		if len(before) > 0 {
			var in bool
			if name, in = strings.CutPrefix(name, before[0]+" "); !in {
				continue
			}
		}
		word, _, more := strings.Cut(name, " ")
		about := p.Brief
		if more {
			about = "commands for the " + word
		}
		all = append(all, candidate{text: word, about: about})
	}
	if len(before) == 0 {
		all = append(all, candidate{text: "help", about: "describe a command"}, candidate{text: "-chdir=", about: "run in another folder", open: true})
	}
	return slices.CompactFunc(all, func(a, b candidate) bool { return a.text == b.text })
}

// isGroup reports whether a word is the first of two of a command's name.
func isGroup(pages []render.HelpPage, word string) bool {
	return slices.ContainsFunc(pages, func(p render.HelpPage) bool { return strings.HasPrefix(p.Name, word+" ") })
}
