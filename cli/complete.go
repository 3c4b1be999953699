package cli

import (
	"cmp"
	"context"
	"flag"
	"slices"
	"strings"
)

// completion is what can follow on a command line.
type completion struct {
	candidates []candidate
	shell      string // "files" or "folders": the shell completes these itself
}

type candidate struct {
	text  string // the whole word
	about string
	open  bool // more is to be typed: no space follows
}

// complete gives what can stand for the last word, after the others. What cannot
// be found out, since the configuration is broken or the state out of reach, is
// left out.
func (s *session) complete(ctx context.Context, words []string) completion {
	if len(words) == 0 {
		return completion{}
	}
	for len(words) > 1 && isChdir(words[0]) {
		rest, err := s.chdir(words)
		if err != nil || len(rest) == 0 {
			return completion{shell: "folders"}
		}
		words = rest
	}
	current := words[len(words)-1]
	if len(words) > 1 && words[0] == "help" {
		words = words[1:]
	}
	switch {
	case isChdir(words[0]) && strings.Contains(words[0], "="):
		return completion{shell: "folders"}
	case len(words) == 1 || len(words) == 2 && isGroup(words[0]):
		return startingWith(current, commandWords(words[:len(words)-1]))
	}
	cmd, given, err := find(words[:len(words)-1])
	if err != nil {
		return completion{}
	}
	return s.completeWord(ctx, cmd, given, current)
}

func isChdir(word string) bool {
	return word == "-chdir" || strings.HasPrefix(word, "-chdir=") || strings.HasPrefix(word, "--chdir")
}

func isGroup(word string) bool {
	return slices.ContainsFunc(commands(), func(c command) bool { return strings.HasPrefix(c.name, word+" ") })
}

// commandWords are the next words of the commands that begin with those given.
func commandWords(before []string) []candidate {
	var all []candidate
	for _, p := range pages(commands()) {
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

// startingWith keeps what continues a word. Flags are offered once a dash is typed.
func startingWith(prefix string, all []candidate) completion {
	var c completion
	for _, candidate := range all {
		if strings.HasPrefix(candidate.text, prefix) && (prefix != "" || !strings.HasPrefix(candidate.text, "-")) {
			c.candidates = append(c.candidates, candidate)
		}
	}
	return c
}

// completeWord completes a flag, a flag's value or an argument of a command.
func (s *session) completeWord(ctx context.Context, cmd command, given []string, current string) completion {
	fs := newFlags(cmd.name)
	cmd.define(fs)
	if i := len(given) - 1; i >= 0 && strings.HasPrefix(given[i], "-") && !strings.Contains(given[i], "=") {
		if fl := fs.Lookup(strings.TrimLeft(given[i], "-")); fl != nil && !isBool(fl) {
			return s.values(ctx, valueOf(fl), given, current)
		}
	}
	if !strings.HasPrefix(current, "-") || slices.Contains(given, "--") {
		return s.values(ctx, argumentOf(cmd), given, current)
	}
	name, value, has := strings.Cut(current, "=")
	if !has {
		return startingWith(strings.Replace(current, "--", "-", 1), flagWords(fs))
	}
	fl := fs.Lookup(strings.TrimLeft(name, "-"))
	if fl == nil {
		return completion{}
	}
	c := s.values(ctx, valueOf(fl), given, value)
	for i := range c.candidates {
		c.candidates[i].text = name + "=" + c.candidates[i].text
	}
	return c
}

func isBool(fl *flag.Flag) bool {
	b, ok := fl.Value.(interface{ IsBoolFlag() bool })
	return ok && b.IsBoolFlag()
}

// valueOf is what a flag's value is called in help texts: FILE, ADDRESS|FILTER.
func valueOf(fl *flag.Flag) string {
	if isBool(fl) {
		return "true|false"
	}
	arg, _ := flag.UnquoteUsage(fl)
	return placeholder(arg)
}

// argumentOf is what a command's arguments are called there.
func argumentOf(cmd command) string {
	word, _, _ := strings.Cut(cmd.args, " ")
	return cmp.Or(map[string]string{"[NAME]": "OUTPUT"}[word], strings.Trim(word, "[]."))
}

// flagWords are a command's flags, each up to its value.
func flagWords(fs *flags) []candidate {
	all := []candidate{{text: "-help", about: "describe the command"}}
	fs.VisitAll(func(fl *flag.Flag) {
		if _, refused := fl.Value.(refusedFlag); refused {
			return
		}
		_, usage := flag.UnquoteUsage(fl)
		c := candidate{text: "-" + fl.Name, about: usage}
		if !isBool(fl) {
			c.text, c.open = c.text+"=", true
		}
		all = append(all, c)
	})
	return all
}
