// Package completion answers the scripts that complete command lines in a shell, and holds those
// scripts. It takes candidates from the help texts, the configuration and the state. It changes
// nothing and prints no errors.
package completion

import (
	"context"
	"slices"
	"strings"
)

// Complete returns what can follow the words up to the cursor, of which the last may be empty. Bash
// has rules of its own for splitting words, so for bash the words are its word breaks and the line.
// Candidates that depend on a configuration with errors, or on a state that cannot be read, are left
// out.
func Complete(ctx context.Context, commands Commands, project Project, shell string, words []string) Answer {
	c := completer{commands: commands, project: project}
	switch {
	case shell == "bash" && len(words) == 2:
		line := parseLine(words[1])
		return line.quoted(c.complete(ctx, line.words), words[0])
	case shell == "powershell" && words[len(words)-1] == "+": // means an empty word
		words = append(slices.Clone(words[:len(words)-1]), "")
	}
	return c.complete(ctx, words)
}

// completer completes one command line.
type completer struct {
	commands Commands
	project  Project
}

// complete returns the candidates for the last word.
func (c completer) complete(ctx context.Context, words []string) Answer {
	if len(words) == 0 {
		return Answer{}
	}
	for len(words) > 1 && isChdir(words[0]) {
		rest, err := c.project.Chdir(words)
		if err != nil || len(rest) == 0 {
			return Answer{shell: "folders"}
		}
		words = rest
	}
	current := words[len(words)-1]
	if len(words) > 1 && words[0] == "help" {
		words = words[1:]
	}
	pages := c.commands.Pages()
	switch {
	case isChdir(words[0]) && strings.Contains(words[0], "="):
		return Answer{shell: "folders"}
	case len(words) == 1 || len(words) == 2 && isGroup(pages, words[0]):
		return startingWith(current, commandWords(pages, words[:len(words)-1]))
	}
	cmd, given, ok := c.commands.Find(words[:len(words)-1])
	if !ok {
		return Answer{}
	}
	return c.word(ctx, cmd, given, current)
}

func isChdir(word string) bool {
	return word == "-chdir" || strings.HasPrefix(word, "-chdir=") || strings.HasPrefix(word, "--chdir")
}

// word completes a flag, a flag's value or an argument of a command.
func (c completer) word(ctx context.Context, cmd Command, given []string, current string) Answer {
	v := values{project: c.project, given: given}
	if i := len(given) - 1; i >= 0 && strings.HasPrefix(given[i], "-") && !strings.Contains(given[i], "=") {
		if f, ok := cmd.flag(given[i]); ok && !f.Switch {
			return v.candidates(ctx, f.Value, current)
		}
	}
	if !strings.HasPrefix(current, "-") || slices.Contains(given, "--") {
		return v.candidates(ctx, cmd.argument(), current)
	}
	name, value, has := strings.Cut(current, "=")
	if !has {
		return startingWith(strings.Replace(current, "--", "-", 1), cmd.flagWords())
	}
	f, ok := cmd.flag(name)
	if !ok {
		return Answer{}
	}
	a := v.candidates(ctx, f.Value, value)
	for i := range a.candidates {
		a.candidates[i].text = name + "=" + a.candidates[i].text
	}
	return a
}
