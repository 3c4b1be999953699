package cli_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/render"
)

// canaryStep is a row of the table: a preparation, and the command lines to run after it.
type canaryStep struct {
	arrange func(*canaryRun)
	lines   [][]string
	plain   bool     // the command lines take no variables
	status  int      // the exit status of each, or anyStatus
	says    []string // patterns that the output of each must match
	hides   int      // the least number of values that each must show as sensitive
	stdin   string
	within  bool // they run in this process
	secure  bool // only for a broker that asks for a password
}

const anyStatus = -1

// commandLines splits command lines whose arguments contain no blanks.
func commandLines(all ...string) (split [][]string) {
	for _, line := range all {
		split = append(split, strings.Fields(line))
	}
	return split
}

// plans returns the command lines that print a plan in every format.
func plans(flags ...string) (all [][]string) {
	for _, line := range commandLines(
		"plan", "plan -verbose", "plan -json", "plan -format=json", "plan -format=markdown", "plan -format=html",
		"plan -format=html -verbose", "plan -format=markdown -verbose -max-bytes=9000", "plan -compact-warnings -detailed-exitcode",
	) {
		all = append(all, append(line, flags...))
	}
	return all
}

// saved returns the command lines that print a saved plan in every format.
func saved(file string) (all [][]string) {
	for _, format := range render.Formats() {
		all = append(all, []string{"show", "-verbose", "-format=" + string(format), file})
	}
	return all
}

// recorded holds the command lines that print the state in every format.
var recorded = commandLines(
	"show -format=text", "show -format=json", "show -format=markdown", "show -format=html", "state list", "state list -json",
	"state pull", "state show canary/leaf", "state show -json canary/leaf", "state show canary/whole",
)

// canarySteps are the steps of the test, from the first plan to the delete of the last message.
var canarySteps = slices.Concat([]canaryStep{
	// Somebody else's message at a declared topic is refused, and shown without its secrets.
	{arrange: theirs, lines: plans(), status: anyStatus},
	{lines: commandLines("apply -auto-approve"), status: 1, says: []string{"did not publish", "canary/unmanaged"}},
	{lines: commandLines("plan -out=first.plan -overwrite-unmanaged")},
	{lines: saved("first.plan"), plain: true},
	{lines: recorded, status: anyStatus},
	{lines: commandLines("apply first.plan")},
	{lines: commandLines("plan -detailed-exitcode"), says: []string{`No changes\.`}},
	{lines: plans("-refresh=false"), status: anyStatus},
	{lines: plans("-republish=canary/#"), status: anyStatus},
	{lines: plans("-destroy"), status: anyStatus},
	{lines: saved("first.plan"), plain: true},
	{lines: recorded, status: anyStatus},

	// Drift is shown, accepted into the state, and occurs again as a conflict.
	{arrange: (*canaryRun).drift, lines: plans(), status: anyStatus},
	{lines: plans("-refresh-only"), status: anyStatus},
	{lines: commandLines("apply -refresh-only -auto-approve")},
	{lines: plans(), status: anyStatus},
	{lines: commandLines("plan -out=second.plan")},
	{lines: saved("second.plan"), plain: true},
	{lines: recorded, status: anyStatus},
	{arrange: afterThePlan, lines: commandLines("apply second.plan"), status: 1, says: []string{"2 topics changed since the plan was made", `"ssid":"hom`}},
	{lines: commandLines("apply -auto-approve -json")},

	// The commands that neither plan nor apply.
	{
		arrange: writes("outputs.retain.hcl", canaryOutputs),
		lines:   commandLines("output", "output public", "plan", "plan -json", "apply -auto-approve", "apply -auto-approve -json"),
	},
	{lines: commandLines("output -raw parts"), status: 1},
	{
		stdin: strings.Join(canaryExpressions, "\n") + "\n",
		lines: commandLines("console -history=false"), status: 1, hides: len(canaryExpressions) / 2,
	},
	{
		lines: [][]string{
			{"__complete", "zsh", "plan", "-var", ""}, {"__complete", "zsh", "plan", "-var=wh"}, {"__complete", "bash", " ", "retainctl plan -target="},
			{"__complete", "fish", "state", "show", ""}, {"__complete", "zsh", "output", ""}, {"__complete", "zsh", "restore", ""},
		},
		plain: true, status: anyStatus,
	},
	{
		lines: commandLines("schema -json", "version -json", "fmt -check -list main.retain.hcl", "fmt -check -diff broker.retain.hcl", "validate -json", "state rm -dry-run canary/#"),
		plain: true, status: anyStatus,
	},

	// The state is pulled, pushed and migrated, and then a damaged state is used.
	{lines: commandLines("state pull")},
	{
		arrange: func(c *canaryRun) { c.write("pulled.json", c.printed) },
		lines:   commandLines("state push pulled.json", "state migrate -from=pulled.json -backend-config=path=moved.json"),
	},
	{arrange: damaged(func(pulled string) string { return "x" + pulled }), lines: damagedLines, status: 1},
	{arrange: damaged(func(pulled string) string { return pulled[:len(pulled)/2] }), lines: damagedLines, status: 1},
	{arrange: damaged(func(pulled string) string { return strings.Replace(pulled, "qos", "sos", 1) }), lines: damagedLines, status: 1},

	// Messages that were declared with secrets and no longer are, are imported.
	{arrange: renames("", ".away"), lines: commandLines("import canary/#"), says: []string{"Sensitive messages are left out"}},
	{lines: commandLines("import # canary/whole -exact -out=imported.retain.hcl")},

	// A backup is restored. Backups hold no secrets.
	{
		arrange: func(c *canaryRun) {
			c.remove("imported.retain.hcl")
			renames(".away", "")(c)
			c.remove("outputs.retain.hcl")
			c.write("public.retain.hcl", canaryPublic)
		},
		lines: commandLines("apply -auto-approve"),
	},
	{
		arrange: func(c *canaryRun) {
			c.drift()
			c.write("public.retain.hcl", strings.Replace(canaryPublic, `"a"`, `"b"`, 1))
		},
		lines: commandLines("apply -auto-approve"),
	},
	{lines: commandLines("restore BACKUP", "restore BACKUP -json", "restore BACKUP -format=json", "restore BACKUP -format=html"), status: anyStatus},
	{lines: commandLines("restore -auto-approve BACKUP"), says: []string{"1 changed"}},

	// The broker refuses a message, and a password.
	{arrange: writes("denied.retain.hcl", canaryDenied), lines: commandLines("apply -auto-approve", "apply -auto-approve -json"), status: 1},
	{lines: commandLines("apply -auto-approve -verify=false"), status: anyStatus},
	{arrange: func(c *canaryRun) { c.remove("denied.retain.hcl") }, lines: commandLines("apply -auto-approve")},
	{
		arrange: func(c *canaryRun) { c.password = planted["wrong"] },
		lines:   commandLines("plan", "plan -json", "apply -auto-approve", "apply -json -auto-approve"), status: 1, says: []string{"(?i)password"}, secure: true,
	},
	{arrange: func(c *canaryRun) { c.password = planted["password"] }},
}, mistakeSteps(), []canaryStep{
	{
		arrange: func(c *canaryRun) { c.remove("broken.retain.hcl") },
		lines: commandLines("plan -var nothing="+planted["argument"], "plan -var whole", "plan -var-file=given.hcl -var s="+planted["argument"], "plan -var-file=secret.bin",
			"apply first.plan", "apply -expect=none -auto-approve", "plan -backend-config=password="+planted["password"]),
		status: 1, within: true,
	},

	// Messages that are no longer declared are shown once more before they are deleted.
	{
		arrange: func(c *canaryRun) { c.drift(); c.write("main.retain.hcl", canaryLast) },
		lines:   plans("-max-deletes=100%"), status: anyStatus,
	},
	{lines: commandLines("apply -auto-approve -format=markdown -max-deletes=100%", "destroy -auto-approve")},
})

func mistakeSteps() (all []canaryStep) {
	for _, text := range canaryMistakes {
		all = append(all, canaryStep{
			arrange: writes("broken.retain.hcl", text+"\n"),
			lines:   commandLines("validate", "validate -json", "plan", "plan -json"), status: anyStatus, within: true,
		})
	}
	return all
}

func writes(name, text string) func(*canaryRun) {
	return func(c *canaryRun) { c.t.Helper(); c.write(name, text) }
}

// theirs has somebody else write to a declared topic.
func theirs(c *canaryRun) {
	c.live("canary/unmanaged", document(map[string]any{"a": 2, "renamed": planted["unmanaged"]}))
}

// afterThePlan has somebody else write to topics that a saved plan changes.
func afterThePlan(c *canaryRun) {
	c.live("canary/whole", planted["later"])
	c.live("canary/leaf", document(map[string]any{
		"open": "public now", "wifi": map[string]string{"ssid": "home", "key": planted["later"], "copy": planted["leaf"]},
	}))
}

// drift has somebody else write to the topics, with the secrets in other places.
func (c *canaryRun) drift() {
	c.live("canary/whole", planted["drifted"])
	secret := planted["drifted"]
	c.live("canary/short", document(map[string]any{"n": 2, "short": map[string]string{"was": secret}, "copy": planted["short"], "pins": []string{planted["pin"]}, "long": 1}))
	c.live("canary/leaf", document(map[string]any{
		"open": "changed", "wifi": map[string]string{"ssid": "home", "password": secret}, "by": secret, "note": "was " + planted["element"],
		"list": []map[string]any{{"id": 0}, {"id": 1, "pw": secret}},
	}))
	c.live("canary/object", document(map[string]any{"open": 2, "tokens": []string{secret}}))
	c.live("canary/templated", "key: "+planted["drifted"]+"\nand more\n")
	c.live("canary/bytes", planted["drifted"]+"\x00\xff")
	c.live("canary/properties", "changed", mqtt.UserProperty{Name: planted["drifted"], Value: planted["drifted"]})
	c.live("canary/ordered", "changed "+planted["ordered"])
}

var damagedLines = commandLines("state push damaged.json", "plan -state=damaged.json -refresh=false")

// damaged writes a changed copy of the state that was pulled.
func damaged(change func(pulled string) string) func(*canaryRun) {
	return func(c *canaryRun) { c.write("damaged.json", change(c.read("pulled.json"))) }
}

// renames renames the files that declare messages with secrets.
func renames(from, to string) func(*canaryRun) {
	return func(c *canaryRun) {
		for _, name := range []string{"main.retain.hcl", "outputs.retain.hcl"} {
			if err := os.Rename(filepath.Join(c.dir, name+from), filepath.Join(c.dir, name+to)); err != nil {
				c.t.Fatal(err)
			}
		}
	}
}
