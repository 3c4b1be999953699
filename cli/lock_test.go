package cli

import "testing"

func TestCIRun(t *testing.T) {
	for name, tc := range map[string]struct {
		environ []string
		want    string
	}{
		"none":           {nil, ""},
		"GitHub Actions": {[]string{"GITHUB_SERVER_URL=https://github.com", "GITHUB_REPOSITORY=acme/fleet", "GITHUB_RUN_ID=7"}, "https://github.com/acme/fleet/actions/runs/7"},
		"GitLab CI":      {[]string{"CI_JOB_URL=https://gitlab.com/acme/fleet/-/jobs/7"}, "https://gitlab.com/acme/fleet/-/jobs/7"},
		"Jenkins":        {[]string{"BUILD_URL=https://ci.example/job/fleet/7/"}, "https://ci.example/job/fleet/7/"},
		"Buildkite":      {[]string{"BUILDKITE_BUILD_URL=https://buildkite.com/acme/fleet/builds/7", "BUILDKITE_JOB_ID=ab"}, "https://buildkite.com/acme/fleet/builds/7#ab"},
	} {
		s := &session{Env: Env{Environ: tc.environ}}
		if got := ciRun(s); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}
