package cli_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/zclconf/go-cty-yaml"
	"github.com/zclconf/go-cty/cty"
)

// ciRunner does what a CI service does with the jobs of a recipe: it runs the commands of each in a
// fresh checkout, with the variables of the event. The services' own clients are replaced by stand-ins
// that keep what they are given.
type ciRunner struct {
	t       *testing.T
	service string // the folder that acts as the service: comments, statuses, artifacts
	config  string
	steps   map[string][]string // by job
	env     []string
}

// standIns are scripts that answer as the APIs of GitHub and GitLab answer the recipes.
var standIns = map[string]string{
	"go":      "exit 0",
	"apt-get": "exit 0",
	"gh": `case "$*" in
"pr comment 7 --edit-last --create-if-none --body-file plan.md") cp plan.md "$SERVICE/comment.md" ;;
"api repos/acme/fleet/statuses/head7 -f state=success -f context=retainctl/plan -f description="*) echo "${8#description=}" >"$SERVICE/status" ;;
"api repos/acme/fleet/commits/merge7/pulls --jq .[0].head.sha") echo head7 ;;
"api repos/acme/fleet/commits/head7/statuses --jq "*) jq -n --arg d "$(cat "$SERVICE/status")" '[{context: "other"}, {context: "retainctl/plan", description: $d}]' | jq -r "$4" ;;
"run list --workflow=retainctl.yml "*) echo 41 ;;
"run download 41 --name fleet") cp "$SERVICE/fleet.state.json" . ;;
*) echo "gh: $*" >&2; exit 9 ;;
esac`,
	"curl": `case "$*" in
*"--data-urlencode body@plan.md https://gitlab.test/api/v4/projects/1/merge_requests/7/notes") cp plan.md "$SERVICE/comment.md" ;;
*"--output fleet.state.json https://gitlab.test/api/v4/projects/1/jobs/artifacts/main/raw/fleet.state.json?job=apply") cp "$SERVICE/fleet.state.json" . ;;
*) echo "curl: $*" >&2; exit 9 ;;
esac`,
}

func newCIRunner(t *testing.T, recipe int, env ...string) *ciRunner {
	r := &ciRunner{t: t, service: t.TempDir(), steps: map[string][]string{}}
	tools := t.TempDir()
	for name, script := range standIns {
		if err := os.WriteFile(filepath.Join(tools, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	r.env = append(env, "PATH="+tools+":"+withProgram(t), "SERVICE="+r.service)
	var recipes []string
	for _, f := range fences(t, filepath.Join("..", "docs", "ci.md")) {
		if f.language == "yaml" {
			recipes = append(recipes, f.text)
		}
	}
	source := []byte(recipes[recipe])
	ty, err := yaml.ImpliedType(source)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := yaml.Unmarshal(source, ty)
	if err != nil {
		t.Fatal(err)
	}
	r.readJobs(doc)
	return r
}

// readJobs finds GitHub's "run" steps below "jobs", and GitLab's "script" lists.
func (r *ciRunner) readJobs(doc cty.Value) {
	before := member(doc, "default", "before_script")
	if jobs := member(doc, "jobs"); jobs != cty.NilVal {
		doc = jobs
	}
	for name, job := range doc.AsValueMap() {
		for _, list := range []cty.Value{member(job, "steps"), member(job, "script")} {
			if list == cty.NilVal {
				continue
			}
			if before != cty.NilVal {
				r.steps[name] = append(r.steps[name], texts(before)...)
			}
			r.steps[name] = append(r.steps[name], texts(list)...)
		}
	}
}

// texts returns the commands of a list of steps.
func texts(list cty.Value) []string {
	var all []string
	for _, step := range list.AsValueSlice() {
		if run := member(step, "run"); run != cty.NilVal {
			step = run
		}
		if step.Type() == cty.String {
			all = append(all, step.AsString())
		}
	}
	return all
}

func member(v cty.Value, names ...string) cty.Value {
	for _, name := range names {
		if v == cty.NilVal || !v.Type().IsObjectType() || !v.Type().HasAttribute(name) {
			return cty.NilVal
		}
		v = v.GetAttr(name)
	}
	return v
}

// run runs a job in a fresh checkout, copies its artifacts to the service, and returns its output and
// whether it succeeded.
func (r *ciRunner) run(job string, env ...string) (string, bool) {
	r.t.Helper()
	if len(r.steps[job]) == 0 {
		r.t.Fatalf("the recipe has no job %q", job)
	}
	dir := r.t.TempDir()
	write(r.t, filepath.Join(dir, "main.retain.hcl"), []byte(r.config))
	script := strings.Join(r.steps[job], "\n")
	env = slices.Concat(r.env, []string{"GITHUB_STEP_SUMMARY=" + filepath.Join(dir, "summary.md")}, env)
	out, err := shell(dir, script, env...)
	for _, kept := range []string{"fleet.state.json", "summary.md", "plan.env", "summary.json"} {
		if data, err := os.ReadFile(filepath.Join(dir, kept)); err == nil {
			write(r.t, filepath.Join(r.service, kept), data)
		}
	}
	return out, err == nil
}

// kept returns a file that the service was given, or "".
func (r *ciRunner) kept(name string) string {
	data, _ := os.ReadFile(filepath.Join(r.service, name))
	return string(data)
}

// fleetConfig returns a configuration whose state and messages are outside of the checkout.
func fleetConfig(dir, payload string) string {
	return `retainctl {
  backend "local" {
    path = "` + filepath.Join(dir, "fleet.json") + `"
  }
}
broker "embedded" "dev" {
  path = "` + filepath.Join(dir, "broker.db") + `"
}
message "flag" {
  payload = "` + payload + `"
}
`
}

func TestGitHubRecipe(t *testing.T) {
	t.Parallel()
	shared := t.TempDir()
	r := newCIRunner(t, 0, "GITHUB_REPOSITORY=acme/fleet", "GITHUB_SHA=merge7", "PR=7", "HEAD=head7")
	r.config = fleetConfig(shared, "on")
	r.must("plan")
	if token := strings.TrimSpace(r.kept("status")); !strings.Contains(r.kept("comment.md"), "Token: `"+token+"`") || len(token) != 32 {
		t.Errorf("the token %q is not that of the comment:\n%s", token, r.kept("comment.md"))
	}
	if out := r.must("apply", "TOKEN="); !strings.Contains(out, "Resources: 1 added") {
		t.Errorf("the apply printed\n%s", out)
	}
	r.must("fork")
	if !strings.Contains(r.kept("summary.md"), "No changes") {
		t.Errorf("a fork's plan says\n%s", r.kept("summary.md"))
	}
	r.must("drift")

	r.config = fleetConfig(shared, "off") // merged without having been planned
	if out, ok := r.run("drift"); ok || !strings.Contains(out, "1 to change") {
		t.Errorf("a difference was not found:\n%s", out)
	}
	out, ok := r.run("apply", "TOKEN=")
	if ok || !strings.Contains(out, "Not the plan that was reviewed") {
		t.Errorf("another plan was applied:\n%s", out)
	}
	token := regexp.MustCompile(`Token: ([0-9a-f]{32})`).FindStringSubmatch(out)
	if out := r.must("apply", "TOKEN="+token[1]); !strings.Contains(out, "1 changed") {
		t.Errorf("by hand, with the token of the plan that was refused:\n%s", out)
	}
}

func TestGitLabRecipe(t *testing.T) {
	t.Parallel()
	r := newCIRunner(t, 1, "CI_API_V4_URL=https://gitlab.test/api/v4", "CI_PROJECT_ID=1", "CI_MERGE_REQUEST_PROJECT_ID=1", "CI_MERGE_REQUEST_IID=7", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME=main")
	r.config = fleetConfig(t.TempDir(), "on")
	r.must("plan")
	if !strings.Contains(r.kept("comment.md"), "1 to add") || strings.Join(strings.Fields(r.kept("summary.json")), "") != `{"create":1,"update":0,"delete":0}` {
		t.Errorf("the merge request shows\n%s\nand %s", r.kept("comment.md"), r.kept("summary.json"))
	}
	r.must("merged")
	if out := r.must("apply", strings.TrimSpace(r.kept("plan.env"))); !strings.Contains(out, "Resources: 1 added") {
		t.Errorf("the apply printed\n%s", out)
	}
	if out := r.must("fork"); !strings.Contains(out, "No changes") {
		t.Errorf("a fork's plan says\n%s", out)
	}
}

func (r *ciRunner) must(job string, env ...string) string {
	r.t.Helper()
	out, ok := r.run(job, env...)
	if !ok {
		r.t.Fatalf("job %s failed:\n%s", job, out)
	}
	return out
}
