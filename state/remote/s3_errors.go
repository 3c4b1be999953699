package remote

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// operation is a request and the permissions that it needs.
type operation struct{ verb, actions string }

var (
	opRead = operation{"read", "s3:GetObject on it, and s3:ListBucket on the bucket (without which a missing " +
		"object is denied too)"}
	opWrite  = operation{"write", "s3:PutObject and s3:GetObject on it"}
	opDelete = operation{"delete", "s3:DeleteObject and s3:GetObject on it"}
)

// status returns the HTTP status of the answer, or 0 if there was none.
func status(err error) int {
	var answered interface{ HTTPStatusCode() int }
	if errors.As(err, &answered) {
		return answered.HTTPStatusCode()
	}
	return 0
}

// isNoKey reports whether the object is missing, as opposed to the bucket or a 404 of something
// else at that address: neither of these proves that there is no state.
func isNoKey(err error) bool {
	var missing *types.NoSuchKey
	if errors.As(err, &missing) {
		return true
	}
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == "NoSuchKey"
}

// explain turns a failure into an error that says what to do.
func (s *S3) explain(op operation, key string, err error) error {
	what := fmt.Sprintf("%s s3://%s/%s", op.verb, s.settings.Bucket, key)
	if isCredential(err) { // first, because STS may have answered 403
		return fmt.Errorf("%s: %w", what, noCredentials(s.settings.Bucket, err))
	}
	if status(err) == 0 {
		return fmt.Errorf("%s: %w", what, unreached(s.host, err))
	}
	return &s3Error{text: fmt.Sprintf("%s at %s: %s", what, s.host, s.advise(op, err)), cause: err}
}

// s3Error describes a failure without the SDK's layers, which name request and host IDs.
type s3Error struct {
	text  string
	cause error
}

func (e *s3Error) Error() string { return e.text }
func (e *s3Error) Unwrap() error { return e.cause }

func (s *S3) advise(op operation, err error) string {
	code, message := "", ""
	var api smithy.APIError
	if errors.As(err, &api) {
		code, message = api.ErrorCode(), strings.TrimSuffix(api.ErrorMessage(), ".")
	}
	answer := strings.TrimSpace(fmt.Sprintf("it answered %d %s", status(err), code))
	region := bucketRegion(err)
	switch {
	case code == "NoSuchBucket":
		return fmt.Sprintf("there is no bucket %q there; create it, or check bucket, region and endpoint",
			s.settings.Bucket)
	case region != "" && region != s.region:
		return fmt.Sprintf("the bucket is in %s, and the request went to %s; write region = %q",
			region, s.region, region)
	case status(err) == http.StatusMovedPermanently, code == "AuthorizationHeaderMalformed":
		return fmt.Sprintf("%s: the bucket is not in %s; check region and endpoint (%s)", answer, s.region, message)
	case strings.HasPrefix(code, "KMS."):
		return fmt.Sprintf("%s: %s; check kms_key_id", answer, message)
	case code == "ExpiredToken", code == "InvalidAccessKeyId", code == "SignatureDoesNotMatch", code == "InvalidToken", code == "RequestTimeTooSkewed":
		return fmt.Sprintf("%s: the credentials were not accepted: %s", answer, message)
	case status(err) == http.StatusForbidden:
		return fmt.Sprintf("%s: the credentials need %s, and with a KMS key kms:GenerateDataKey and kms:Decrypt on that",
			answer, op.actions)
	case status(err) == http.StatusNotImplemented:
		return answer + ": this store does not know conditional requests (If-Match, If-None-Match), without which " +
			"two applies could overwrite each other's state"
	case status(err) == http.StatusNotFound:
		return answer + ", but not as S3 does: check the endpoint, and use_path_style"
	case status(err) >= 500 || status(err) == http.StatusConflict:
		return fmt.Sprintf("%s to %d attempts: %s; try again later", answer, attempts, message)
	}
	return answer + ": " + message
}

// bucketRegion returns the region in which the bucket is, according to S3.
func bucketRegion(err error) string {
	var answer *smithyhttp.ResponseError
	if errors.As(err, &answer) && answer.Response != nil {
		return answer.Response.Header.Get("X-Amz-Bucket-Region")
	}
	return ""
}

// isCredential reports whether the SDK found no credentials. It compares text, because the SDK has
// no type for this error.
func isCredential(err error) bool {
	text := err.Error()
	return strings.Contains(text, "get identity:") || strings.Contains(text, "failed to refresh cached credentials")
}

func noCredentials(bucket string, err error) error {
	return fmt.Errorf("find AWS credentials for the state's bucket %s: %w; set profile or role_arn in the backend "+
		"block, or AWS_PROFILE, or AWS_ACCESS_KEY_ID and"+
		" AWS_SECRET_ACCESS_KEY; in CI give the job a role (AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE)", bucket, err)
}
