package remote

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"

	"github.com/retainctl/retainctl/spec"
)

// OpenS3 opens the store of a backend "s3" block. It finds credentials and region, and sends no
// request to the bucket.
func OpenS3(ctx context.Context, settings spec.S3Settings, o Options) (*S3, error) {
	switch {
	case settings.Bucket == "":
		return nil, missing("s3", "bucket")
	case settings.Key == "":
		return nil, missing("s3", "key")
	}
	o = o.filled()
	ctx, cancel := context.WithTimeout(ctx, credentialTimeout)
	defer cancel()
	cfg, err := awsConfig(ctx, settings, o.answer)
	if err != nil {
		return nil, err
	}
	s := &S3{settings: settings, region: cfg.Region, Options: o}
	s.client = s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.UsePathStyle = settings.UsePathStyle
		o.Retryer = retryer()
		if settings.Endpoint != nil {
			o.BaseEndpoint = aws.String(settings.Endpoint.String())
		}
		if settings.SkipChecksum { // stores that implement the S3 of before 2025 refuse the SDK's checksums
			o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
			o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		}
	})
	s.host = "s3." + cfg.Region + ".amazonaws.com"
	if base := aws.ToString(s.client.Options().BaseEndpoint); base != "" {
		_, s.host, _ = strings.Cut(base, "://")
	}
	s.Log("state: %s, region %s, at %s", s.Address(), s.region, s.host)
	return s, nil
}

// foreign reports whether the endpoint belongs to another store than AWS's own.
func (s *S3) foreign() bool { return !strings.HasSuffix(s.host, ".amazonaws.com") }

// retryer decides what is retried: the SDK's own list; 409, which S3 returns for concurrent
// conditional requests and asks to repeat; 429 and 408 without an error code; and an answer that
// broke off within its error. The SDK's retry budget is turned off, because a state takes few
// requests and all of them matter.
func retryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = attempts
		o.Backoff = retry.BackoffDelayerFunc(func(n int, _ error) (time.Duration, error) { return pause(n), nil })
		o.RateLimiter = ratelimit.None
		o.Retryables = append(o.Retryables, retry.RetryableHTTPStatusCode{Codes: map[int]struct{}{
			http.StatusConflict: {}, http.StatusTooManyRequests: {}, http.StatusRequestTimeout: {},
		}}, retry.IsErrorRetryableFunc(func(err error) aws.Ternary {
			if broken := (*smithy.DeserializationError)(nil); errors.As(err, &broken) {
				return aws.TrueTernary
			}
			return aws.UnknownTernary
		}))
	})
}

// awsConfig returns the SDK's default configuration with the block's arguments over it.
func awsConfig(ctx context.Context, settings spec.S3Settings, answer time.Duration) (aws.Config, error) {
	client := awshttp.NewBuildableClient().
		WithDialerOptions(func(d *net.Dialer) { d.Timeout = dialTimeout }).
		WithTransportOptions(func(t *http.Transport) { t.ResponseHeaderTimeout = answer }, limitRedirects)
	options := []func(*config.LoadOptions) error{config.WithHTTPClient(client), config.WithLogger(logging.Nop{})} // it writes to stderr
	if settings.Region != "" {
		options = append(options, config.WithRegion(settings.Region))
	}
	if settings.Profile != "" {
		options = append(options, config.WithSharedConfigProfile(settings.Profile))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return cfg, fmt.Errorf("load the AWS configuration: %w", err)
	}
	// With the authorities of AWS_CA_BUNDLE, which the SDK adds only to its own kind of client.
	cfg.HTTPClient = boundedClient{cfg.HTTPClient.(*awshttp.BuildableClient)}
	if cfg.Region == "" && settings.Endpoint != nil {
		cfg.Region = "us-east-1" // the region that stores other than AWS's accept in a signature
	}
	if cfg.Region == "" {
		return cfg, errors.New("no AWS region is known for the state's bucket: set region in the backend block, or " +
			"AWS_REGION")
	}
	if settings.RoleARN != "" {
		role := stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), settings.RoleARN, func(o *stscreds.AssumeRoleOptions) {
			o.RoleSessionName = cmp.Or(settings.SessionName, "retainctl")
			if settings.ExternalID != "" {
				o.ExternalID = &settings.ExternalID
			}
		})
		cfg.Credentials = aws.NewCredentialsCache(role)
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return cfg, noCredentials(settings.Bucket, err)
	}
	return cfg, nil
}
