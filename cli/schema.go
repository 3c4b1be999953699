package cli

import (
	"context"
	"encoding/json"

	"github.com/retainctl/retainctl/spec/language"
)

// languageDocument is the output of "schema -json", for editors and for the documentation.
type languageDocument struct {
	FormatVersion string           `json:"format_version"`
	Version       string           `json:"version"`
	Blocks        []language.Block `json:"blocks"`
}

func schemaCommand() command {
	return command{
		name: "schema", brief: "describe all blocks and arguments of the language",
		about: `Prints every block with its labels, arguments and inner blocks, and of every argument its name, ` +
			`type, default, limits and meaning. The tables of docs/language.md are made from it.`,
		define: func(fs *flags) runFunc {
			asJSON := fs.Bool("json", false, "print JSON; there is no other form")
			return func(_ context.Context, s *session, args []string) (int, error) {
				if err := noArguments(args); err != nil {
					return 0, err
				}
				if !*asJSON {
					return 0, failure("Which form?",
						"The description is for programs: retainctl schema -json. For people, there is "+
							"docs/language.md.")
				}
				encoder := json.NewEncoder(s.Stdout)
				encoder.SetEscapeHTML(false)
				encoder.SetIndent("", "  ")
				return exitDone, encoder.Encode(languageDocument{"1.0", Version, language.Blocks()})
			}
		},
	}
}
