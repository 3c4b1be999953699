package contract

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/retainctl/retainctl/broker/brokertest"
)

const (
	docs      = "../docs/brokers.md"
	docsBegin = "<!-- The table is made by: make test-brokers UPDATE_DOCS=1 -->\n"
	docsEnd   = "<!-- end of the table -->\n"
)

// rows lists the brokers in the order of the table.
var rows = []string{
	"embedded", "retainctl broker", "retainctl broker, AWS", "mosquitto 2.0.11", "the same, MQTT 3.1.1", "NATS 2.15.2", "RabbitMQ 3.10.8", "ejabberd 23.01", "aedes 1.2.0",
}

// results are collected by the tests and printed after them.
var results table

type table struct {
	mu       sync.Mutex
	outcomes map[string][]brokertest.Outcome // by broker
}

func (r *table) add(broker string, outcomes []brokertest.Outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.outcomes == nil {
		r.outcomes = map[string][]brokertest.Outcome{}
	}
	r.outcomes[broker] = outcomes
}

// markdown returns a table with a row for each case and a column for each broker, and notes on what
// is not offered.
func (r *table) markdown() string {
	var brokers, cases, notes []string
	for _, b := range rows {
		if r.outcomes[b] == nil {
			continue
		}
		brokers = append(brokers, b)
		for _, o := range r.outcomes[b] {
			if !slices.Contains(cases, o.Case) {
				cases = append(cases, o.Case)
			}
		}
	}
	var text strings.Builder
	fmt.Fprintf(&text, "| | %s |\n|---|%s\n", strings.Join(brokers, " | "), strings.Repeat("---|", len(brokers)))
	for _, c := range cases {
		fmt.Fprintf(&text, "| %s |", c)
		for _, b := range brokers {
			fmt.Fprintf(&text, " %s |", r.cell(b, c, &notes))
		}
		text.WriteByte('\n')
	}
	for i, note := range notes {
		if i == 0 {
			text.WriteByte('\n')
		}
		fmt.Fprintf(&text, "%d. %s\n", i+1, note)
	}
	return text.String()
}

// cell returns the outcome of a case on a broker, with the numbers of its notes.
func (r *table) cell(broker, name string, notes *[]string) string {
	i := slices.IndexFunc(r.outcomes[broker], func(o brokertest.Outcome) bool { return o.Case == name })
	if i < 0 {
		return ""
	}
	o := r.outcomes[broker][i]
	if !o.Tried {
		return "not tried"
	}
	cell := "ok"
	if !o.Passed {
		cell = "**fails**"
	}
	var numbers []string
	for _, why := range o.Without {
		n := slices.Index(*notes, why)
		if n < 0 {
			n = len(*notes)
			*notes = append(*notes, why)
		}
		numbers = append(numbers, fmt.Sprint(n+1))
	}
	if len(numbers) > 0 {
		cell += ", but " + strings.Join(numbers, ", ")
	}
	return cell
}

func TestMain(m *testing.M) {
	ignoreAWS()
	code := m.Run()
	if len(results.outcomes) > 0 {
		fmt.Print("\n", results.markdown(), "\n")
	}
	if os.Getenv("UPDATE_DOCS") != "" && code == 0 {
		if err := results.write(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// write writes the table between its marks in the page.
func (r *table) write() error {
	if len(r.outcomes) < len(rows) {
		return fmt.Errorf("the table of %s needs a run of all tests, not of %d of %d brokers", docs, len(r.outcomes), len(rows))
	}
	text, err := os.ReadFile(docs)
	if err != nil {
		return err
	}
	before, rest, begins := bytes.Cut(text, []byte(docsBegin))
	_, after, ends := bytes.Cut(rest, []byte(docsEnd))
	if !begins || !ends {
		return fmt.Errorf("%s has lost the marks of the table: %q and %q", docs, docsBegin, docsEnd)
	}
	return os.WriteFile(docs, slices.Concat(before, []byte(docsBegin), []byte(r.markdown()), []byte(docsEnd), after), 0o644)
}
