package broker

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/iotdataplane"
	"github.com/google/go-cmp/cmp"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
)

// controlPlane simulates IoT's control plane and STS. With a status other than 200, it refuses
// DescribeEndpoint.
func controlPlane(t *testing.T, describe int) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/endpoint" && describe == http.StatusOK && r.URL.Query().Get("endpointType") == "iot:Data-ATS":
			fmt.Fprint(w, `{"endpointAddress":"a1b2c3-ats.iot.eu-west-1.amazonaws.com"}`)
		case r.URL.Path == "/endpoint":
			w.Header().Set("x-amzn-ErrorType", "AccessDeniedException")
			w.WriteHeader(describe)
		case r.FormValue("Action") == "GetCallerIdentity":
			fmt.Fprint(w, `<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)
		case r.FormValue("Action") == "AssumeRole" && r.FormValue("RoleArn") == "arn:aws:iam::123456789012:role/ci":
			fmt.Fprint(w, `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASSUMED</AccessKeyId><SecretAccessKey>s</SecretAccessKey>`+
				`<SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`)
		default:
			t.Errorf("asked for %s %s", r.Method, r.URL)
		}
	}))
	t.Cleanup(s.Close)
	t.Setenv("AWS_ENDPOINT_URL_IOT", s.URL)
	t.Setenv("AWS_ENDPOINT_URL_STS", s.URL)
}

func TestAWSIdentity(t *testing.T) {
	const own = "https://a1b2c3-ats.iot.eu-west-1.amazonaws.com"
	tests := []struct {
		name, endpoint, environment string
		describe                    int
		identity, address, note     string
	}{
		{"a host", "A1B2C3-ats.iot.eu-west-1.amazonaws.com", "", 0, "aws_iot:eu-west-1:a1b2c3-ats.iot.eu-west-1.amazonaws.com", "https://A1B2C3-ats.iot.eu-west-1.amazonaws.com", ""},
		{"a URL", "http://127.0.0.1:8083/", "", 0, "aws_iot:eu-west-1:127.0.0.1:8083", "http://127.0.0.1:8083", ""},
		{"the environment", "", "http://127.0.0.1:8084", 0, "aws_iot:eu-west-1:127.0.0.1:8084", "http://127.0.0.1:8084", ""},
		{"the block before the environment", "http://127.0.0.1:1", "http://127.0.0.1:2", 0, "aws_iot:eu-west-1:127.0.0.1:1", "http://127.0.0.1:1", ""},
		{"described", "", "", 200, "aws_iot:eu-west-1:a1b2c3-ats.iot.eu-west-1.amazonaws.com", own, ""},
		{"not described", "", "", 403, "aws_iot:eu-west-1:data-ats.iot.eu-west-1.amazonaws.com:123456789012", "https://data-ats.iot.eu-west-1.amazonaws.com", "iot:DescribeEndpoint is denied"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			awsEnvironment(t)
			t.Setenv("AWS_ENDPOINT_URL_IOT_DATA_PLANE", test.environment)
			if test.describe != 0 {
				controlPlane(t, test.describe)
			}
			w, err := openAWSIoT(t.Context(), "prod", &spec.AWSIoTSettings{Region: "eu-west-1", Endpoint: test.endpoint}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			info := w.Info()
			if d := cmp.Diff([]string{test.identity, test.address}, []string{info.Identity, info.Address}); d != "" {
				t.Error(d)
			}
			if !strings.HasPrefix(info.Description, "AWS IoT Core, eu-west-1") || strings.Contains(info.Description, "(") != (test.note != "") || !strings.Contains(info.Description, test.note) {
				t.Errorf("described as %q", info.Description)
			}
		})
	}
}

func TestAWSAssumesTheRole(t *testing.T) {
	awsEnvironment(t)
	controlPlane(t, http.StatusOK)
	var authorization string
	plane := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if operationOf(r) == "publish" {
			authorization = r.Header.Get("Authorization")
		}
	}))
	defer plane.Close()
	w, err := openAWSIoT(t.Context(), "prod", &spec.AWSIoTSettings{
		Region: "eu-west-1", Endpoint: plane.URL, RoleARN: "arn:aws:iam::123456789012:role/ci",
	}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := publish(t, w, mqtt.Message{Topic: "a", Payload: []byte("x")})[0]; err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(authorization, "Credential=ASSUMED/") {
		t.Errorf("signed as %q", authorization)
	}
}

// The role may expire in the middle of a run. STS's answer is not about a topic then.
func TestAWSRoleRefusedLater(t *testing.T) {
	awsEnvironment(t)
	url, _ := answering(t, 403, "", "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not your role</Message></Error></ErrorResponse>")
	t.Setenv("AWS_ENDPOINT_URL_STS", url)
	cfg, err := awsConfig(t.Context(), &spec.AWSIoTSettings{Region: "eu-west-1", RoleARN: "arn:aws:iam::123456789012:role/ci"}, imds.ClientDisabled)
	if err != nil {
		t.Fatal(err)
	}
	target := openAWS(t, url, Options{})
	target.client = iotdataplane.NewFromConfig(cfg, func(o *iotdataplane.Options) { o.BaseEndpoint = &url })
	_, err = target.Read(t.Context(), []string{"a"})
	has(t, err, "find AWS credentials", "AssumeRole", "not your role")
}

func TestAWSTakesTheProfile(t *testing.T) {
	awsEnvironment(t)
	config := filepath.Join(t.TempDir(), "config")
	text := "[profile fleet]\nregion = ap-south-1\naws_access_key_id = FLEET\naws_secret_access_key = s\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", config)
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	w, err := openAWSIoT(t.Context(), "prod", &spec.AWSIoTSettings{Profile: "fleet", Endpoint: "https://example.com"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := w.Info().Identity; got != "aws_iot:ap-south-1:example.com" {
		t.Errorf("identity %s", got)
	}
}

func TestAWSOpenErrors(t *testing.T) {
	tests := []struct {
		name     string
		settings spec.AWSIoTSettings
		env      map[string]string
		want     []string
	}{
		{"no region", spec.AWSIoTSettings{Endpoint: "https://example.com"}, nil, []string{"set region", "AWS_REGION"}},
		{"no credentials", spec.AWSIoTSettings{Region: "eu-west-1", Endpoint: "https://example.com"},
			map[string]string{"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, []string{"find AWS credentials", "AWS_PROFILE", "role_arn"}},
		{"no such profile", spec.AWSIoTSettings{Region: "eu-west-1", Profile: "nobody"}, nil, []string{"nobody"}},
		{"an endpoint with a path", spec.AWSIoTSettings{Region: "eu-west-1", Endpoint: "https://example.com/topics"}, nil, []string{"nothing after the port"}},
		{"an endpoint of another protocol", spec.AWSIoTSettings{Region: "eu-west-1", Endpoint: "mqtts://example.com"}, nil, []string{"https://HOST"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			awsEnvironment(t)
			for name, value := range test.env {
				t.Setenv(name, value)
			}
			_, err := openAWSIoT(t.Context(), "prod", &test.settings, Options{})
			has(t, err, test.want...)
		})
	}
}

// An http endpoint is never AWS's, so retainctl broker needs no account.
func TestAWSLocalEndpointNeedsNoCredentials(t *testing.T) {
	awsEnvironment(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	url, _ := answering(t, 200, "", "{}")
	w, err := openAWSIoT(t.Context(), "prod", &spec.AWSIoTSettings{Region: "eu-west-1", Endpoint: url}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := publish(t, w, mqtt.Message{Topic: "a", Payload: []byte("x")})[0]; err != nil {
		t.Error(err)
	}
}

func TestAWSResourceNamesThePartition(t *testing.T) {
	for region, want := range map[string]string{
		"eu-west-1": "arn:aws:iot:eu-west-1:*:topic/a", "cn-north-1": "arn:aws-cn:iot:cn-north-1:*:topic/a",
		"us-gov-west-1": "arn:aws-us-gov:iot:us-gov-west-1:*:topic/a",
	} {
		if got := (&awsIoT{region: region}).resource(awsGet, "a"); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
