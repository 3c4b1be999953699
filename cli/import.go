package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/retainctl/retainctl/spec/generate"
)

func importCommand() command {
	return command{
		name: "import", args: "FILTER...", brief: "write configuration for live messages",
		about: `Reads the messages at the topics, or that match the topic filters, and prints configuration for ` +
			`those that are not declared yet. The next plan adopts them: nothing is published.

Messages of one shape become one block with for_each over a table of what differs. JSON is written as ` +
			`jsonencode({ ... }), which is the same document: the bytes on the broker stay as they are. With -out, ` +
			`tables of more than 20 rows and payloads of more than 4 KiB go into files beside that file. No file is ` +
			`overwritten.

A message that the state records as sensitive is left out, so that no secret gets into a file.`,
		define: func(fs *flags) runFunc {
			var f importFlags
			f.defineVars(fs)
			fs.StringVar(&f.out, "out", "",
				"write to a new `file` of the configuration, such as imported.retain.hcl; without it the result is "+
					"printed")
			fs.StringVar(&f.broker, "broker", "", "read the broker of this `name`, if several are declared")
			fs.BoolVar(&f.exact, "exact", false, "write every payload byte for byte, including JSON")
			fs.natural(&f.parallelism, "parallelism",
				"at most `n` requests in flight to AWS IoT; 0 for as many as the broker's limits allow")
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
	i, err := openImport(ctx, s, f)
	if err != nil {
		return 0, err
	}
	found, err := i.findLive(ctx, filters)
	if err != nil {
		return 0, err
	}
	s.warnUnmatched("live message", selectsNothing(filters, found.Live))
	live, left := undeclared(i.config, i.block.Name, found.Live)
	shown := i.withoutSecrets(ctx, found.Identity, live)
	if len(shown) == 0 {
		fmt.Fprintln(s.Stderr, strings.Join(append([]string{"Nothing to import."}, left.lines()...), " "))
		return exitDone, nil
	}
	made, err := generate.Write(shown, generate.Options{
		Broker: i.block.Name, BrokerType: i.block.Type, Several: len(i.config.Brokers) > 1,
		Capabilities: found.Capabilities,
		Exact:        f.exact, Files: f.out != "", Taken: i.taken(),
		Comment: fmt.Sprintf("Imported from broker %q.", i.block.Name),
	})
	if err != nil {
		return 0, err
	}
	if err := i.write(ctx, made); err != nil {
		return 0, err
	}
	i.report(made, left, found.Capabilities)
	return exitDone, nil
}
