package broker

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/iot"
	"github.com/aws/aws-sdk-go-v2/service/iotdataplane"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"

	"github.com/retainctl/retainctl/spec"
)

// awsEndpoint is where an account's data plane is, and how to connect to it.
type awsEndpoint struct {
	config  aws.Config
	region  string
	url     *url.URL
	account string // looked up only if the host does not identify the account
	note    string // for Info.Description
}

// findAWS finds region, credentials and endpoint. The endpoint is that of the block, or that of the
// SDK's environment and profile, or the account's own, or the shared one, in this order.
func findAWS(ctx context.Context, s *spec.AWSIoTSettings) (*awsEndpoint, error) {
	cfg, err := awsConfig(ctx, s, imds.ClientDefaultEnableState)
	if err != nil {
		return nil, err
	}
	end := &awsEndpoint{region: cfg.Region}
	given := s.Endpoint
	if given == "" {
		given = aws.ToString(iotdataplane.NewFromConfig(cfg).Options().BaseEndpoint)
	}
	if end.url, err = spec.ParseAWSEndpoint(given); err != nil {
		return nil, err
	}
	if end.url != nil && end.url.Scheme == "http" {
		cfg, err = localCredentials(ctx, s)
	} else {
		err = checkCredentials(ctx, cfg)
	}
	if err != nil {
		return nil, err
	}
	if end.url == nil {
		if err := end.describe(ctx, cfg); err != nil {
			return nil, err
		}
	}
	if isSharedAWSHost(end.url.Host) {
		if end.account, err = awsAccount(ctx, cfg); err != nil {
			return nil, err
		}
	}
	end.config = cfg
	return end, nil
}

// dataPlane returns a client for the endpoint. It keeps as many idle connections as requests may be
// in flight: with the SDK's ten per host, every other request would begin with a TLS handshake.
func (e *awsEndpoint) dataPlane(flying int) *iotdataplane.Client {
	return iotdataplane.NewFromConfig(e.config, func(o *iotdataplane.Options) {
		o.BaseEndpoint = aws.String(e.url.String())
		o.HTTPClient = e.config.HTTPClient.(awsHTTP).idle(flying)
	})
}

// awsAttemptTimeout bounds one attempt of a call.
const awsAttemptTimeout = 10 * time.Second

func awsHTTPClient() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithTimeout(awsAttemptTimeout).WithTransportOptions(limitRedirects)
}

// awsConfig returns the SDK's default configuration with the block's arguments over it.
func awsConfig(ctx context.Context, s *spec.AWSIoTSettings, metadata imds.ClientEnableState) (aws.Config, error) {
	options := []func(*config.LoadOptions) error{
		config.WithHTTPClient(awsHTTPClient()), config.WithEC2IMDSClientEnableState(metadata),
		config.WithLogger(logging.Nop{}), // the SDK's logger writes what a server sent to stderr, unescaped
	}
	if s.Region != "" {
		options = append(options, config.WithRegion(s.Region))
	}
	if s.Profile != "" {
		options = append(options, config.WithSharedConfigProfile(s.Profile))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return cfg, fmt.Errorf("load the AWS configuration: %w", err)
	}
	// With the authorities of AWS_CA_BUNDLE, which the SDK adds only to its own kind of client.
	cfg.HTTPClient = awsHTTP{cfg.HTTPClient.(*awshttp.BuildableClient)}
	if cfg.Region == "" {
		return cfg, errors.New("no AWS region is known: set region in the broker block, or AWS_REGION")
	}
	if s.RoleARN != "" {
		role := stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), s.RoleARN, func(o *stscreds.AssumeRoleOptions) {
			o.RoleSessionName = "retainctl"
		})
		cfg.Credentials = aws.NewCredentialsCache(role)
	}
	return cfg, nil
}

// localCredentials is for an http endpoint, which is never AWS's: credentials are used if there are
// any (emulators distinguish accounts by them), and their absence is no error. The metadata service
// is not asked, because outside EC2 that takes seconds.
func localCredentials(ctx context.Context, s *spec.AWSIoTSettings) (aws.Config, error) {
	cfg, err := awsConfig(ctx, s, imds.ClientDisabled)
	if err != nil || s.RoleARN != "" || s.Profile != "" {
		return cfg, err
	}
	if checkCredentials(ctx, cfg) != nil {
		cfg.Credentials = aws.AnonymousCredentials{}
	}
	return cfg, nil
}

// checkCredentials reports missing credentials before the first of many requests does.
func checkCredentials(ctx context.Context, cfg aws.Config) error {
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return missingCredentials(err)
	}
	return nil
}

// describe asks the account for its own endpoint. If that is not permitted, it takes the shared
// one, with a note: AWS recommends that for tests only.
func (e *awsEndpoint) describe(ctx context.Context, cfg aws.Config) error {
	out, err := iot.NewFromConfig(cfg).DescribeEndpoint(ctx, &iot.DescribeEndpointInput{EndpointType: aws.String("iot:Data-ATS")})
	switch {
	case err == nil:
		e.url, err = spec.ParseAWSEndpoint(aws.ToString(out.EndpointAddress))
		if err == nil && e.url == nil {
			err = errors.New("AWS returned no data endpoint for this account; set endpoint in the broker block")
		}
		return err
	case awsStatus(err) == http.StatusForbidden:
		e.note = " (shared endpoint: iot:DescribeEndpoint is denied; allow it, or set endpoint)"
		return e.share(ctx, cfg)
	case awsStatus(err) == 0:
		err = unreachable("the AWS IoT control plane in "+e.region, err)
	}
	return fmt.Errorf("ask AWS for the account's data endpoint (or set endpoint in the broker block): %w", err)
}

// share takes the endpoint that the SDK uses by default.
func (e *awsEndpoint) share(ctx context.Context, cfg aws.Config) error {
	o := iotdataplane.NewFromConfig(cfg).Options().EndpointOptions
	found, err := iotdataplane.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, iotdataplane.EndpointParameters{
		Region:       aws.String(e.region),
		UseDualStack: aws.Bool(o.UseDualStackEndpoint == aws.DualStackEndpointStateEnabled),
		UseFIPS:      aws.Bool(o.UseFIPSEndpoint == aws.FIPSEndpointStateEnabled),
	})
	if err != nil {
		return fmt.Errorf("find the shared data endpoint of %s: %w", e.region, err)
	}
	e.url = &found.URI
	return nil
}

// isSharedAWSHost reports whether a host is a default endpoint, which serves every account, as
// opposed to an account's own ("a1b2c3-ats.iot.REGION.amazonaws.com").
func isSharedAWSHost(host string) bool {
	for _, prefix := range []string{"data-ats.iot", "data.ats.iot", "data.iot"} {
		if rest, ok := strings.CutPrefix(strings.ToLower(host), prefix); ok {
			return strings.HasPrefix(rest, ".") || strings.HasPrefix(rest, "-fips.")
		}
	}
	return false
}

func awsAccount(ctx context.Context, cfg aws.Config) (string, error) {
	out, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", fmt.Errorf("ask AWS STS whose account this is (set the account's own endpoint in the broker "+
			"block to do without): %w", err)
	}
	if aws.ToString(out.Account) == "" {
		return "", errors.New("AWS STS did not say whose account this is: set the account's own endpoint in the broker block")
	}
	return *out.Account, nil
}
