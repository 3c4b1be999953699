package broker

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/retainctl/retainctl/embedded/server"
	"github.com/retainctl/retainctl/mqtt"
)

// awsCLI runs the unmodified AWS CLI, a client that shares no code with the target or with the
// endpoint.
type awsCLI struct{ path, endpoint string }

func findAWSCLI(t *testing.T, endpoint string) awsCLI {
	t.Helper()
	// The distribution's own comes first: a version manager's shim on the PATH may not work.
	for _, path := range []string{"/usr/bin/aws", "/usr/local/bin/aws", "aws"} {
		if found, err := exec.LookPath(path); err == nil {
			return awsCLI{found, endpoint}
		}
	}
	t.Fatal("the AWS CLI is missing: install Debian's package awscli")
	return awsCLI{}
}

func (c awsCLI) run(t *testing.T, args ...string) []byte {
	t.Helper()
	args = append([]string{"iot-data", "--region", "eu-west-1", "--endpoint-url", c.endpoint, "--output", "json", "--no-cli-pager"}, args...)
	cmd := exec.CommandContext(t.Context(), c.path, args...)
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_EC2_METADATA_DISABLED=true")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("aws %q: %v\n%s", args, err, stderr.Bytes())
	}
	return out
}

// row is the output of get-retained-message, and an element of that of list-retained-messages.
type row struct {
	Topic       string
	Payload     []byte
	PayloadSize int
	QoS         int
}

func (c awsCLI) get(t *testing.T, topic string) row {
	t.Helper()
	var r row
	if err := json.Unmarshal(c.run(t, "get-retained-message", "--topic", topic), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func (c awsCLI) list(t *testing.T, args ...string) []row {
	t.Helper()
	var page struct{ RetainedTopics []row }
	if err := json.Unmarshal(c.run(t, append([]string{"list-retained-messages"}, args...)...), &page); err != nil {
		t.Fatal(err)
	}
	return page.RetainedTopics
}

var payloadOfAllBytes = func() []byte {
	b := make([]byte, 256)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}()

func TestAWSCLIWritesAndTheTargetReads(t *testing.T) {
	plane := serveDataPlane(t, server.Options{})
	cli := findAWSCLI(t, plane.URL)
	file := filepath.Join(t.TempDir(), "payload")
	if err := os.WriteFile(file, payloadOfAllBytes, 0o600); err != nil {
		t.Fatal(err)
	}
	const topic = "/site//a b/ü"
	cli.run(t, "publish", "--topic", topic, "--retain", "--qos", "1", "--payload", "fileb://"+file,
		"--user-properties", `[{"b":"1"},{"a":"2"},{"b":"3"}]`, "--content-type", "text/plain; x=y", "--response-topic", "re/ply",
		"--payload-format-indicator", "UNSPECIFIED_BYTES", "--correlation-data", "AAH/", "--message-expiry", "3600")
	want := mqtt.Message{
		Topic: topic, Payload: payloadOfAllBytes, QoS: 1, ContentType: "text/plain; x=y", ResponseTopic: "re/ply",
		CorrelationData: []byte{0, 1, 255}, Expiry: 3600,
		UserProperties: []mqtt.UserProperty{{Name: "b", Value: "1"}, {Name: "a", Value: "2"}, {Name: "b", Value: "3"}},
	}
	stored, _, err := plane.store.Get(topic)
	if err != nil {
		t.Fatal(err)
	}
	if d := declared(stored).Diff(want); d != 0 {
		t.Errorf("stored with different %v: %+v", d.Names(), stored)
	}
	target := openAWS(t, plane.URL, Options{})
	if m, ok := read(t, target, topic).Live[topic]; !ok || m.Diff(want)&target.Info().Capabilities.Readable != 0 {
		t.Errorf("the target reads %v %+v", ok, m)
	}

	cli.run(t, "publish", "--topic", topic, "--no-retain", "--payload", "fileb://"+file)
	cli.run(t, "publish", "--topic", "unretained", "--payload", "fileb://"+file)
	if seen := read(t, target, topic, "unretained"); len(seen.Live) != 1 || seen.Live[topic].QoS != 1 {
		t.Errorf("a publish without RETAIN changed what is retained: %v", seen.Live)
	}
	cli.run(t, "publish", "--topic", topic, "--retain")
	if seen := read(t, target, topic); len(seen.Live) != 0 {
		t.Errorf("the CLI's delete was not noticed: %v", seen.Live)
	}
}

func TestAWSCLIReadsWhatTheTargetWrites(t *testing.T) {
	plane := serveDataPlane(t, server.Options{})
	cli := findAWSCLI(t, plane.URL)
	target := openAWS(t, plane.URL, Options{})
	m := mqtt.Message{
		Topic: "a//ü b/%2F/", Payload: payloadOfAllBytes, QoS: 1,
		UserProperties: []mqtt.UserProperty{{Name: "b", Value: "<1>"}, {Name: "a", Value: "ü"}, {Name: "b", Value: "3"}},
	}
	other := mqtt.Message{Topic: "b", Payload: []byte("zero")}
	for _, err := range publish(t, target, m, other) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if d := cmp.Diff(row{Topic: m.Topic, Payload: m.Payload, QoS: 1}, cli.get(t, m.Topic)); d != "" {
		t.Error(d)
	}
	// Pages of one message make the CLI follow the token.
	want := []row{{Topic: m.Topic, PayloadSize: 256, QoS: 1}, {Topic: "b", PayloadSize: 4}}
	if d := cmp.Diff(want, cli.list(t, "--page-size", "1")); d != "" {
		t.Error(d)
	}

	// Older CLIs do not know the user properties of GetRetainedMessage.
	resp, err := http.Get(plane.URL + "/retainedMessage/a%2F%2F%C3%BC%20b%2F%252F%2F")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var raw struct{ UserProperties string }
	if err := json.NewDecoder(resp.Body).Decode(&raw); err != nil {
		t.Fatal(err)
	}
	props, err := base64.StdEncoding.DecodeString(raw.UserProperties)
	if want := `[{"b":"<1>"},{"a":"ü"},{"b":"3"}]`; err != nil || string(props) != want {
		t.Errorf("user properties %s, %v; want %s", props, err, want)
	}
}
