package cli

import (
	"context"
	"embed"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

//go:embed shells
var shellScripts embed.FS

// shells are the names of the scripts, by shell.
var shells = map[string]string{"bash": "bash.sh", "zsh": "zsh.sh", "fish": "fish.sh", "powershell": "powershell.ps1"}

func completionCommand() command {
	return command{
		name: "completion", args: "bash|zsh|fish|powershell", brief: "print a completion script for a shell",
		about: `Prints a script that completes commands, flags, addresses, topics, variables and plan files. For the shell at hand, and for every new one:

  bash        source <(retainctl completion bash)
              the same line in ~/.bashrc
  zsh         source <(retainctl completion zsh)
              the same line in ~/.zshrc, after compinit
  fish        retainctl completion fish | source
              the same line in ~/.config/fish/config.fish
  powershell  retainctl completion powershell | Out-String | Invoke-Expression
              the same line in $PROFILE`,
		define: func(fs *flags) runFunc {
			return func(_ context.Context, s *session, args []string) (int, error) {
				if len(args) != 1 || shells[args[0]] == "" {
					return 0, failure("Which shell?", "There are completions for bash, zsh, fish and powershell: retainctl completion bash.")
				}
				script, err := shellScripts.ReadFile("shells/" + shells[args[0]])
				if err != nil {
					return 0, err
				}
				_, err = s.Stdout.Write(script)
				return exitDone, err
			}
		},
	}
}

// completeCommand answers the scripts. It takes the shell and the words up to the
// cursor; of bash, which splits words as no program does, its word breaks and the
// line. It prints a candidate a line, "+" before one that goes on and "-" before
// one that is whole, a tab and what it is; and last ":files" or ":folders" where
// the shell knows better, or ":open" where no space may follow.
func completeCommand() command {
	return command{name: "__complete", args: "SHELL WORD...", brief: "say what can follow", hidden: true, define: func(fs *flags) runFunc {
		fs.lenient = true
		return func(ctx context.Context, s *session, args []string) (int, error) {
			if len(args) < 2 {
				return exitDone, nil
			}
			ctx, cancel := context.WithTimeout(ctx, 3*time.Second) // nobody waits longer for a Tab
			defer cancel()
			s.Stderr = io.Discard
			answer, err := abandonable(ctx, func() completion { return s.answer(ctx, args[0], args[1:]) })
			if err != nil {
				return exitDone, nil
			}
			s.offer(answer)
			return exitDone, nil
		}
	}}
}

func (s *session) answer(ctx context.Context, shell string, words []string) completion {
	switch {
	case shell == "bash" && len(words) == 2:
		line := parseLine(words[1])
		return line.quoted(s.complete(ctx, line.words), words[0])
	case shell == "powershell" && words[len(words)-1] == "+": // stands for an empty word
		words = append(slices.Clone(words[:len(words)-1]), "")
	}
	return s.complete(ctx, words)
}

// offer prints what can follow.
func (s *session) offer(c completion) {
	open := false
	for _, candidate := range c.candidates {
		if !typable(candidate.text) {
			continue
		}
		mark := "-"
		if open = candidate.open; open {
			mark = "+"
		}
		line := mark + candidate.text
		if candidate.about != "" {
			line += "\t" + candidate.about
		}
		fmt.Fprintln(s.Stdout, line)
	}
	switch {
	case c.shell != "":
		fmt.Fprintln(s.Stdout, ":"+c.shell)
	case open: // of several the shell puts no space behind what they share
		fmt.Fprintln(s.Stdout, ":open")
	}
}

// typable tells whether a shell could type a text, and shows it as what it is: a topic
// may hold control characters, and some that turn what follows around.
func typable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsGraphic(r) })
}
