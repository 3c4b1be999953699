package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/retainctl/retainctl/broker"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/observe"
	"github.com/retainctl/retainctl/render"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/spec/generate"
	"github.com/retainctl/retainctl/state"
)

// importFlags are the flags of import.
type importFlags struct {
	inputFlags
	out, broker string
	exact       bool
	parallelism int
}

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
				return s.importMessages(ctx, &f, args)
			}
		},
	}
}

func (s *session) importMessages(ctx context.Context, f *importFlags, filters []string) (int, error) {
	if err := checkFilters(filters); err != nil {
		return 0, err
	}
	if err := s.checkOut(f.out); err != nil {
		return 0, err
	}
	e, err := s.evaluate(ctx, s.inputs(&f.inputFlags, true, nil))
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
	found, err := s.findLive(ctx, block, filters, f.parallelism)
	if err != nil {
		return 0, err
	}
	live, left := undeclared(config, block.Name, found.live)
	shown := s.withoutSecrets(ctx, config, state.Identity(found.identity), live)
	if len(shown) == 0 {
		fmt.Fprintln(s.Stderr, strings.Join(append([]string{"Nothing to import."}, left.said()...), " "))
		return exitDone, nil
	}
	made, err := generate.Write(shown, generate.Options{
		Broker: block.Name, BrokerType: block.Type, Several: len(config.Brokers) > 1,
		Capabilities: found.can,
		Exact:        f.exact, Files: f.out != "", Taken: s.taken(e.files),
		Comment: fmt.Sprintf("Imported from broker %q.", block.Name),
	})
	if err != nil {
		return 0, err
	}
	if err := s.writeImport(f, made); err != nil {
		return 0, err
	}
	s.reportImport(f, made, left, found.can, exclusives(config, block.Name))
	return exitDone, nil
}

func checkFilters(filters []string) error {
	if len(filters) == 0 {
		return failure("Nothing to read", `Name topic filters, such as "site/#", or topics. "#" is every message.`)
	}
	for _, filter := range filters {
		if err := mqtt.CheckFilter(filter); err != nil {
			return failure("Not a topic filter", fmt.Sprintf("%q: %s.", filter, headline(err)))
		}
		if strings.HasPrefix(filter, "$") {
			return failure("Topics of the broker", fmt.Sprintf(`%q: topics that start with "$" are the broker's own and cannot be declared.`, filter))
		}
	}
	return nil
}

// importedBroker is the block that is read: the one that is named, or the only one.
func importedBroker(c *spec.Config, name string) (spec.Broker, error) {
	names := make([]string, len(c.Brokers))
	for i, b := range c.Brokers {
		names[i] = b.Name
	}
	if name == "" && len(names) == 1 {
		return c.Brokers[0], nil
	}
	if b, ok := c.BrokerNamed(name); ok && name != "" {
		return b, nil
	}
	which := fmt.Sprintf("The configuration declares %s.", strings.Join(names, ", "))
	if name == "" {
		return spec.Broker{}, failure("Which broker?", which+" Name one with -broker=NAME.")
	}
	return spec.Broker{}, failure("No such broker", fmt.Sprintf("No block declares a broker %q. %s", name, which))
}

// found is what a broker was seen to hold.
type found struct {
	live     map[string]mqtt.Retained
	identity string
	can      mqtt.Capabilities
}

// findLive scans by the filters, and reads by their topics what it found and what was
// named: what a wildcard shows is believed, but it may have moved on since.
func (s *session) findLive(ctx context.Context, b spec.Broker, filters []string, parallelism int) (found, error) {
	scanned := map[string]mqtt.Retained{}
	options := broker.Options{Log: s.log, Parallelism: parallelism, Known: func(_, topic string) (mqtt.Retained, bool) {
		m, ok := scanned[topic]
		return m, ok && !m.Modified.IsZero()
	}}
	r, err := broker.OpenReader(ctx, b, options)
	if err != nil {
		return found{}, worded(observe.Unusable(ctx, b.Name, err))
	}
	defer r.Close()
	fmt.Fprintf(s.Stderr, "Reading broker %s...\n", render.Escape(b.Name))
	wild, topics := divide(filters)
	if scanned, err = s.scanned(ctx, b, r, wild); err != nil {
		return found{}, err
	}
	if len(scanned) > 0 {
		fmt.Fprintf(s.Stderr, "Found %s, reading each by its topic...\n", render.Count(len(scanned), "message"))
	}
	topics = slices.AppendSeq(topics, maps.Keys(scanned))
	slices.Sort(topics)
	seen, err := r.Read(ctx, slices.Compact(topics))
	if err != nil {
		return found{}, worded(observe.Unusable(ctx, b.Name, err))
	}
	if len(seen.Unread) > 0 {
		topic := slices.Min(slices.Collect(maps.Keys(seen.Unread)))
		return found{}, failure("Topics that could not be read", fmt.Sprintf("%s, the first %q: %s. Nothing was written: what is there is not known.", render.Count(len(seen.Unread), "topic"), topic, seen.Unread[topic]))
	}
	return found{seen.Live, r.Info().Identity, r.Info().Capabilities}, nil
}

func divide(filters []string) (wild, topics []string) {
	for _, f := range filters {
		if mqtt.IsFilter(f) {
			wild = append(wild, f)
		} else {
			topics = append(topics, f)
		}
	}
	return wild, topics
}

// scanned finds messages by wildcards, and says where there may be more.
func (s *session) scanned(ctx context.Context, b spec.Broker, r broker.Reader, filters []string) (map[string]mqtt.Retained, error) {
	inventory, err := observe.Scan(ctx, r, b.Name, filters, observe.Options{Log: s.log})
	switch {
	case errors.Is(err, broker.ErrNoScan):
		return nil, failure("Messages cannot be found by a wildcard here", fmt.Sprintf("Broker %q shows no retained messages to wildcard subscriptions. Name the topics themselves: retainctl import TOPIC...", b.Name))
	case err != nil:
		return nil, worded(observe.Unusable(ctx, b.Name, err))
	case len(filters) > 0 && !inventory.Complete:
		s.warn("There may be more messages", "The scan is not known to be complete: "+strings.Join(inventory.Reasons, "; ")+". What was found is imported; a message that is missing can be imported by its topic, or by a narrower filter.")
	}
	maps.DeleteFunc(inventory.Live, func(topic string, _ mqtt.Retained) bool { return strings.HasPrefix(topic, "$") })
	return inventory.Live, nil
}

// leftOut counts the live messages that import has nothing to write for.
type leftOut struct {
	declared int
	others   int // within the filters that say that they belong to somebody else
}

// said tells of those that there are.
func (l leftOut) said() (lines []string) {
	if l.declared > 0 {
		lines = append(lines, render.Count(l.declared, "message")+" left out: declared already.")
	}
	if l.others > 0 {
		lines = append(lines, render.Count(l.others, "message")+" left out: within a removed or except filter.")
	}
	return lines
}

// undeclared gives the messages that the configuration may declare and does not.
func undeclared(c *spec.Config, name string, live map[string]mqtt.Retained) (messages []mqtt.Message, left leftOut) {
	has := map[string]bool{}
	for i := range c.Messages {
		if c.Messages[i].Broker == name {
			has[c.Messages[i].Topic] = true
		}
	}
	for topic, m := range live {
		switch {
		case has[topic]:
			left.declared++
		case givenAway(c, name, topic):
			left.others++
		default:
			messages = append(messages, m.Message)
		}
	}
	return messages, left
}

// givenAway tells whether a removed block or an exception says that a topic is not to
// be declared here.
func givenAway(c *spec.Config, name, topic string) bool {
	return slices.ContainsFunc(c.Removed, func(r spec.Scope) bool { return r.Has(name, topic) }) ||
		slices.ContainsFunc(c.Exclusives, func(x spec.Exclusive) bool { return x.Has(name, topic) && x.Excepts(topic) })
}

// exclusives gives the exclusive blocks of a broker.
func exclusives(c *spec.Config, name string) []spec.Exclusive {
	return slices.DeleteFunc(slices.Clone(c.Exclusives), func(x spec.Exclusive) bool { return x.Broker != name })
}
