package completion

import (
	"cmp"
	"slices"
	"strings"

	"github.com/retainctl/retainctl/render"
)

// Commands are the commands of the program.
type Commands interface {
	// Pages returns the help pages of the commands that are not hidden.
	Pages() []render.HelpPage
	// Find returns the command that words begin with, and the words after it.
	Find(words []string) (cmd Command, given []string, ok bool)
}

// Command is a command as completion sees it.
type Command struct {
	Args  string // the arguments after the flags, as in its help text
	Flags []Flag
}

// Flag is a flag of a command.
type Flag struct {
	Name   string
	Value  string // the name of its value in help texts, such as FILE; choices as they are typed
	Usage  string
	Switch bool // needs no value
	Hidden bool // is not offered
}

// argument returns the name of the command's arguments in help texts.
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

// flagWords returns the command's flags, each up to its value.
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

// commandWords returns the next words of the commands whose names begin with the words before.
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
		all = append(all, candidate{text: "help", about: "describe a command"},
			candidate{text: "-chdir=", about: "run in another folder", open: true})
	}
	return slices.CompactFunc(all, func(a, b candidate) bool { return a.text == b.text })
}

// isGroup reports whether a word is the first of two in the name of a command.
func isGroup(pages []render.HelpPage, word string) bool {
	return slices.ContainsFunc(pages, func(p render.HelpPage) bool { return strings.HasPrefix(p.Name, word+" ") })
}
