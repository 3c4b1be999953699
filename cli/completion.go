package cli

import (
	"context"

	"github.com/retainctl/retainctl/cli/completion"
)

func completionCommand() command {
	return command{
		name: "completion", args: "bash|zsh|fish|powershell", brief: "print a completion script for a shell",
		about: `Prints a script that completes commands, flags, addresses, topics, variables and plan files. For the ` +
			`current shell, and for every new one:

  bash        source <(retainctl completion bash)
              the same line in ~/.bashrc
  zsh         source <(retainctl completion zsh)
              the same line in ~/.zshrc, after compinit
  fish        retainctl completion fish | source
              the same line in ~/.config/fish/config.fish
  powershell  retainctl completion powershell | Out-String | Invoke-Expression
              the same line in $PROFILE`,
		define: func(fs *flags) runFunc { return printScript },
	}
}

func printScript(_ context.Context, s *session, args []string) (int, error) {
	if len(args) == 1 {
		if script, known := completion.Script(args[0]); known {
			_, err := s.Stdout.Write(script)
			return exitDone, err
		}
	}
	return 0, failure("Which shell?",
		"There are completions for bash, zsh, fish and powershell: retainctl completion bash.")
}
