package cli

import (
	"flag"
	"slices"
	"strings"

	"github.com/retainctl/retainctl/render"
)

// helpWanted reports whether args ask for help, and returns the words of the command to describe.
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

// help returns the help text of a command, of a group of commands such as "state", or of all.
func (t table) help(words []string) (string, error) {
	if len(words) == 0 {
		return render.HelpIndex(t.pages()), nil
	}
	cmd, _, err := t.find(words)
	if err == nil {
		return cmd.page().Text(), nil
	}
	group := t.group(words[0])
	if len(group) == 0 {
		return "", err
	}
	return render.HelpIndex(group.pages()), nil
}

// pages describes the commands that are not hidden.
func (t table) pages() []render.HelpPage {
	var all []render.HelpPage
	for _, c := range t {
		if !c.hidden {
			all = append(all, c.page())
		}
	}
	return all
}

// page describes a command. Help texts, man pages, docs/commands.md and
// completions are made from it.
func (c command) page() render.HelpPage {
	fs := newFlags(c.name)
	c.define(fs)
	p := render.HelpPage{Name: c.name, Args: c.args, Brief: c.brief, About: c.about}
	fs.VisitAll(func(fl *flag.Flag) {
		if _, refused := fl.Value.(refusedFlag); refused {
			return
		}
		arg, usage := flag.UnquoteUsage(fl)
		if d := fl.DefValue; !slices.Contains([]string{"", "false", "0s"}, d) {
			usage += " (default " + d + ")"
		}
		form := fl.Name
		switch {
		case arg != "" && isBool(fl):
			form += "[=" + placeholder(arg) + "]"
		case arg != "":
			form += "=" + placeholder(arg)
		}
		p.Flags = append(p.Flags, render.HelpFlag{Form: form, Usage: usage})
	})
	return p
}

// placeholder returns the name of a flag's value for help texts: choices as they are typed,
// anything else in capitals.
func placeholder(arg string) string {
	if strings.Contains(arg, "|") {
		return arg
	}
	return strings.ToUpper(arg)
}
