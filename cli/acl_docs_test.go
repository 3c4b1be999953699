package cli_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/retainctl/retainctl/broker/brokertest"
)

// TestACLOfTheDocs runs mosquitto with the ACL of docs/brokers.md: one user can apply, the other can
// only plan, and neither can do more.
func TestACLOfTheDocs(t *testing.T) {
	page, err := os.ReadFile("../docs/brokers.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)<!-- acl: mosquitto -->\n```\n(.*?)```").FindSubmatch(page)
	if found == nil {
		t.Fatal("docs/brokers.md has lost its ACL")
	}
	acl := filepath.Join(t.TempDir(), "acl")
	write(t, acl, found[1])
	m := brokertest.StartMosquitto(t, "allow_anonymous true", "acl_file "+acl)
	dir := t.TempDir()
	as := func(user, topic string, args ...string) (string, int) {
		write(t, filepath.Join(dir, "main.retain.hcl"), fmt.Appendf(nil,
			"broker \"mqtt\" \"lab\" {\n url = \"mqtt://%s\"\n username = %q\n}\nmessage \"a\" {\n topic = %q\n payload = \"x\"\n}\n", m.Address, user, topic))
		return retainctl(dir, args...)
	}
	for _, step := range []struct {
		user, topic, command string
		code                 int
		want                 string
	}{
		{"planner", "site/a", "plan", 0, "1 to add"},
		{"planner", "site/a", "apply", 1, "not authorized"},
		{"retainctl", "site/a", "apply", 0, "Resources: 1 added"},
		{"planner", "site/a", "plan", 0, "No changes."},
		{"retainctl", "elsewhere/a", "apply", 1, "not authorized"},
	} {
		args := []string{step.command}
		if step.command == "apply" {
			args = append(args, "-auto-approve", "-max-deletes=100%")
		}
		out, code := as(step.user, step.topic, args...)
		if code != step.code || !strings.Contains(out, step.want) || !strings.Contains(out, "mosquitto version") {
			t.Errorf("%s of %s as %s: exit status %d\n%s", step.command, step.topic, step.user, code, out)
		}
	}
}
