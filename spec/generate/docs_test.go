package generate_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec/generate"
)

// TestPage compares the example in docs/import.md with the configuration that is written for its
// messages. UPDATE_DOCS=1 updates the example.
func TestPage(t *testing.T) {
	const path = "../../docs/import.md"
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	example := regexp.MustCompile("(?s)payload\\):\n\n```\n(.*?)```\n\nit makes:\n\n```hcl\n(.*?)```").FindSubmatchIndex(page)
	if example == nil {
		t.Fatal("the example is not found")
	}
	var messages []mqtt.Message
	for line := range strings.Lines(string(page[example[2]:example[3]])) {
		topic, payload, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		messages = append(messages, mqtt.Message{Topic: topic, Payload: []byte(payload), QoS: 1})
	}
	made, err := generate.Write(messages, options)
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("UPDATE_DOCS") != "" {
		updated := string(page[:example[4]]) + string(made.HCL) + string(page[example[5]:])
		if err := os.WriteFile(path, []byte(updated), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if shown := string(page[example[4]:example[5]]); shown != string(made.HCL) {
		t.Errorf("%s shows\n%s\nit makes\n%s", path, shown, made.HCL)
	}
}
