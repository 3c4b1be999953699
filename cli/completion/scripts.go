package completion

import "embed"

//go:embed shells
var shellScripts embed.FS

// Script returns the script that sets up completion in a shell, and reports whether there is one.
func Script(shell string) ([]byte, bool) {
	file, known := map[string]string{
		"bash": "bash.sh", "zsh": "zsh.sh", "fish": "fish.sh", "powershell": "powershell.ps1",
	}[shell]
	if !known {
		return nil, false
	}
	script, err := shellScripts.ReadFile("shells/" + file)
	return script, err == nil
}
