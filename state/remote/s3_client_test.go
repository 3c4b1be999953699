package remote_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/retainctl/retainctl/state/statetest"
)

// signer returns the access key that a request was signed with.
func signer(r *http.Request) string {
	key := regexp.MustCompile(`Credential=([^/]+)/[0-9]+/([^/]+)/s3/`).FindStringSubmatch(r.Header.Get("Authorization"))
	if key == nil {
		return ""
	}
	return key[1] + " in " + key[2]
}

// TestS3Credentials checks that requests are signed with the block's profile and role.
func TestS3Credentials(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, []byte("[profile fleet]\naws_access_key_id = OFPROFILE\naws_secret_access_key = secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", file)
	sts := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.ParseForm()
		if r.Form.Get("Action") != "AssumeRole" || r.Form.Get("RoleArn") != "arn:aws:iam::1:role/state" || r.Form.Get("ExternalId") != "ours" || r.Form.Get("RoleSessionName") != "ci-7" {
			t.Errorf("STS is asked %v", r.Form)
		}
		fmt.Fprint(w, `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
			<AccessKeyId>OFROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>
			</Credentials></AssumeRoleResult></AssumeRoleResponse>`)
	}))
	t.Setenv("AWS_ENDPOINT_URL_STS", sts.String())
	for name, tc := range map[string]struct{ profile, role, want string }{
		"environment":                 {"", "", "test in eu-west-1"},
		"a profile":                   {"fleet", "", "OFPROFILE in eu-west-1"},
		"a role, with what a job has": {"", "arn:aws:iam::1:role/state", "OFROLE in eu-west-1"},
	} {
		t.Run(name, func(t *testing.T) {
			var asked string
			settings := statetest.StartS3(t, new(statetest.S3), func(r *http.Request) statetest.Fault {
				asked = signer(r)
				return statetest.None
			})
			settings.Profile, settings.RoleARN = tc.profile, tc.role
			settings.ExternalID, settings.SessionName = "ours", "ci-7"
			if _, _, err := openS3(t, settings).Read(t.Context()); err != nil {
				t.Fatal(err)
			}
			if asked != tc.want {
				t.Errorf("signed by %q, want %q", asked, tc.want)
			}
		})
	}
}
