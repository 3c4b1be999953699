package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/retainctl/retainctl/spec/generate"
	"github.com/retainctl/retainctl/state"
)

func importCommand() command {
	return command{
		name: "import", args: "FILTER...", brief: "write configuration for live messages",
		about: `Reads the messages that match the topic filters, or stand at the topics, and prints configuration for those that are not declared yet. The next plan adopts them: nothing is published.

Messages of one shape become one block with for_each over a table of what differs. JSON is written as jsonencode({ ... }): it says the same, and the broker's bytes stay as they are. With -out, tables of more than 20 rows and payloads of more than 4 KiB go into files beside that file. No file is overwritten.

A message that the state records as sensitive is left out, so that no secret gets into a file.`,
		define: func(fs *flags) runFunc {
			var f importFlags
			f.defineVars(fs)
			fs.StringVar(&f.out, "out", "", "write to a new `file` of the configuration, such as imported.retain.hcl; without it the result is printed")
			fs.StringVar(&f.broker, "broker", "", "read the broker of this `name`, where several are declared")
			fs.BoolVar(&f.exact, "exact", false, "write every payload byte for byte, JSON too")
			fs.natural(&f.parallelism, "parallelism", "at most `n` requests in flight, of AWS IoT; 0 lets the broker's limits decide")
			return func(ctx context.Context, s *session, args []string) (int, error) {
				return runImport(ctx, s, &f, args)
			}
		},
	}
}

func runImport(ctx context.Context, s *session, f *importFlags, filters []string) (int, error) {
	if err := checkFilters(filters); err != nil {
		return 0, err
	}
	if err := checkOut(s, f.out); err != nil {
		return 0, err
	}
	e, err := evaluate(ctx, s, f.inputFlags.inputs(s, true, nil))
	if err != nil {
		return 0, err
	}
	if e.diags.HasErrors() && len(e.files) == 0 {
		return 0, failure("No broker to read", fmt.Sprintf("The folder %s has no configuration yet. Write a broker block first, in main.retain.hcl, such as\n\n  broker \"mqtt\" \"house\" {\n    url = \"mqtt://127.0.0.1:1883\"\n  }\n\nor name another folder with -chdir=DIR.", s.Dir))
	}
	if err := s.diagnose(e.files, e.diags); err != nil {
		return 0, err
	}
	config := e.config
	block, err := importedBroker(config, f.broker)
	if err != nil {
		return 0, err
	}
	found, err := findLive(ctx, s, block, filters, f.parallelism)
	if err != nil {
		return 0, err
	}
	live, left := undeclared(config, block.Name, found.live)
	shown := withoutSecrets(ctx, s, config, state.Identity(found.identity), live)
	if len(shown) == 0 {
		fmt.Fprintln(s.Stderr, strings.Join(append([]string{"Nothing to import."}, left.said()...), " "))
		return exitDone, nil
	}
	made, err := generate.Write(shown, generate.Options{
		Broker: block.Name, BrokerType: block.Type, Several: len(config.Brokers) > 1,
		Readable: found.can.Readable, CountsDown: found.can.ExpiryCountsDown,
		Exact: f.exact, Files: f.out != "", Taken: taken(s, e.files),
		Comment: fmt.Sprintf("Imported from broker %q.", block.Name),
	})
	if err != nil {
		return 0, err
	}
	if err := writeImport(s, f, made); err != nil {
		return 0, err
	}
	reportImport(s, f, made, left, found.can, exclusives(config, block.Name))
	return exitDone, nil
}
