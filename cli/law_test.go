package cli_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/retainctl/retainctl/broker/brokertest"
	"github.com/retainctl/retainctl/cli"
)

// target is a broker that the law is tested on.
type target struct {
	block  map[string]any // its broker block, as JSON
	maxQoS int
}

// TestLaw applies random configurations, each over the messages of the one before, and plans each
// again: nothing may be left to do. It does this on every kind of broker.
func TestLaw(t *testing.T) {
	mqtt := serveMQTT(t) // one broker each, because they run in parallel with the same topics
	aws := serveAWS(t)
	for name, on := range map[string]target{
		"embedded":  {map[string]any{"embedded": map[string]any{"b": map[string]any{}}}, 2},
		"served":    {map[string]any{"mqtt": map[string]any{"b": map[string]any{"url": "mqtt://" + mqtt}}}, 2},
		"aws":       {map[string]any{"aws_iot": map[string]any{"b": map[string]any{"region": "eu-west-1", "endpoint": "http://" + aws}}}, 1},
		"mosquitto": {map[string]any{"mqtt": map[string]any{"b": map[string]any{"url": "mqtt://" + brokertest.StartMosquitto(t).Address}}}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			const rounds = 6
			for round := range rounds {
				configuration := ignoring(t, configurations(on).Example(round+len(name)), round)
				write(t, filepath.Join(dir, "main.retain.json"), configuration)
				if out, code := retainctl(dir, "apply", "-auto-approve", "-overwrite-unmanaged", "-max-deletes=100%"); code != 0 {
					t.Fatalf("apply exits with %d\n%s\n%s", code, configuration, out)
				}
				if out, code := retainctl(dir, "plan", "-detailed-exitcode", "-max-deletes=100%"); code != 0 || !strings.Contains(out, "No changes.") {
					t.Fatalf("the plan after it exits with %d\n%s\n%s", code, configuration, out)
				}
			}
		})
	}
}

// retainctl runs a command line in this process, which is faster.
func retainctl(dir string, args ...string) (output string, code int) {
	var out bytes.Buffer
	code = cli.Run(append([]string{"-chdir=" + dir}, args...), cli.Env{
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Dir: dir, Width: 80,
		Environ: []string{"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test"},
		Signals: make(chan os.Signal), Exit: func(int) {},
	})
	return out.String(), code
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// configurations generates configurations in HCL's JSON form.
func configurations(on target) *rapid.Generator[[]byte] {
	return rapid.Custom(func(t *rapid.T) []byte {
		messages := map[string]any{}
		for i := range rapid.IntRange(1, 25).Draw(t, "messages") {
			topic := fmt.Sprintf("%s/%d", rapid.SampledFrom([]string{"law", "law/ünï", "law//empty", "law/a b"}).Draw(t, "prefix"), rapid.IntRange(0, 40).Draw(t, "topic")+100*i)
			messages[fmt.Sprintf("m%d", i)] = message(t, on, topic)
		}
		data, err := json.MarshalIndent(map[string]any{"broker": on.block, "message": messages}, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		return data
	})
}

// message draws one block with any of the fields.
func message(t *rapid.T, on target, topic string) map[string]any {
	m := map[string]any{"topic": topic, "qos": rapid.IntRange(0, on.maxQoS).Draw(t, "qos")}
	text := rapid.StringMatching(`[a-zä"\\<>&\n ]{1,30}`)
	word := rapid.StringMatching(`[a-zä"\\<>& ]{0,30}`) // mosquitto closes the connection on control characters in a property
	optional := func(name string, value func() any) {
		if rapid.Bool().Draw(t, name) {
			m[name] = value()
		}
	}
	if rapid.Bool().Draw(t, "binary") {
		m["payload_base64"] = base64.StdEncoding.EncodeToString(rapid.SliceOfN(rapid.Byte(), 1, 300).Draw(t, "bytes"))
	} else {
		m["payload"] = rapid.SampledFrom([]string{
			text.Draw(t, "text"), `{"a": 1.0, "b": [true, null]}`, `${jsonencode({ x = [1, 2.50, "é"] })}`, `[ ]`,
		}).Draw(t, "payload")
		optional("payload_format_indicator", func() any { return "UTF8_DATA" })
	}
	optional("content_type", func() any { return "application/json" })
	optional("response_topic", func() any { return "replies/law" })
	optional("correlation_data", func() any {
		return base64.StdEncoding.EncodeToString(rapid.SliceOfN(rapid.Byte(), 1, 20).Draw(t, "correlation"))
	})
	optional("message_expiry", func() any { return rapid.IntRange(3600, 604_800).Draw(t, "expiry") })
	optional("user_properties", func() any {
		if rapid.Bool().Draw(t, "list") {
			return []any{map[string]any{"name": "k", "value": word.Draw(t, "v1")}, map[string]any{"name": "k", "value": "2"}}
		}
		return map[string]any{"b": word.Draw(t, "v2"), "a": "1"}
	})
	return m
}

// ignoring adds ignore_changes to most messages of a configuration.
func ignoring(t *testing.T, configuration []byte, round int) []byte {
	t.Helper()
	var c map[string]map[string]map[string]any
	if err := json.Unmarshal(configuration, &c); err != nil {
		t.Fatal(err)
	}
	lists := []any{"all", []string{"content_type", "/a"}, []string{"/*/0", "user_properties"}}
	for label, m := range c["message"] {
		if i := (len(m["topic"].(string)) + len(label) + round) % (len(lists) + 1); i < len(lists) {
			m["lifecycle"] = map[string]any{"ignore_changes": lists[i], "absent": "ignore"}
		}
	}
	data, err := json.MarshalIndent(c, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return data
}
