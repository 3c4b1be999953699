package broker

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iotdataplane/types"
	"github.com/aws/smithy-go"
)

// awsOperation is one of the three calls, with what its error messages need.
type awsOperation struct {
	verb    string
	actions string // IAM actions that it needs
	topical bool   // permissions are by topic
	stores  bool   // counts against the account's quota of messages
}

var (
	awsPublish = awsOperation{"publish", "iot:Publish and iot:RetainPublish", true, true}
	awsDelete  = awsOperation{"publish", "iot:Publish and iot:RetainPublish", true, false}
	awsGet     = awsOperation{"read", "iot:GetRetainedMessage", true, false}
	awsList    = awsOperation{"list retained messages", "iot:ListRetainedMessages", false, false}
)

// reach is how far a failure extends beyond the call that met it.
type reach int

const (
	thisTopic reach = iota
	throttled
	everyTopic // any other call would fail in the same way
)

// awsError is a failure with an explanation.
type awsError struct {
	text  string
	reach reach
	cause error
}

func (e *awsError) Error() string { return e.text }
func (e *awsError) Unwrap() error { return e.cause }

func reaches(err error, r reach) bool {
	var e *awsError
	return errors.As(err, &e) && e.reach == r
}

// explain turns the outcome of a call into an error that says what to do.
func (t *awsIoT) explain(op awsOperation, topic string, try *attempts, err error) error {
	if err == nil {
		try.succeeded()
		return nil
	}
	what := op.verb
	if op.topical {
		what = fmt.Sprintf("%s %q", op.verb, topic)
	}
	advice, reach := t.advise(op, topic, try, err)
	return &awsError{text: what + ": " + advice, reach: reach, cause: err}
}

func (t *awsIoT) advise(op awsOperation, topic string, try *attempts, err error) (string, reach) {
	status, code, message := awsStatus(err), "", ""
	var api smithy.APIError
	if errors.As(err, &api) {
		code, message = api.ErrorCode(), api.ErrorMessage()
	}
	var odd *oddAnswer
	switch {
	case errors.As(err, &odd) && status < 500:
		return fmt.Sprintf("%s answered %s: check that it is an AWS IoT data endpoint, and for a proxy between",
			t.host, odd.what), thisTopic
	case isCredential(err): // first, because STS may have answered 403
		return missingCredentials(err).Error(), everyTopic
	case status == 0:
		return t.adviseUnanswered(err)
	case status == http.StatusForbidden && isDenied(code):
		return fmt.Sprintf("AWS answered 403 Forbidden: the credentials need %s on %s, and %s must be an endpoint in %s",
			op.actions, t.resource(op, topic), t.host, t.region), thisTopic
	case status == http.StatusForbidden || status == http.StatusUnauthorized:
		return fmt.Sprintf("AWS refused the credentials: %s: %s", code, message), everyTopic
	case status == http.StatusTooManyRequests:
		return adviseThrottled(op, try), throttled
	case status == http.StatusRequestEntityTooLarge:
		return "AWS answered 413: the payload is over 128 KiB, or its properties are too large", thisTopic
	case status < 500 && api == nil:
		broke := ""
		if status < 300 {
			broke = " or not to the end"
		}
		return fmt.Sprintf("%s answered %d %s, and not in AWS's words%s: check that it is an AWS IoT data endpoint, "+
			"and for a proxy between",
			t.host, status, http.StatusText(status), broke), thisTopic
	case status < 500:
		return fmt.Sprintf("AWS answered %d %s: %s", status, code, firstOf(message, http.StatusText(status))), thisTopic
	case api == nil:
		return fmt.Sprintf("%s answered %d %s to all %d attempts, and not in AWS's words: check that it is an AWS "+
			"IoT data endpoint, and for a proxy between",
			t.host, status, http.StatusText(status), try.sent), everyTopic
	}
	return fmt.Sprintf("AWS answered %d %s (%d attempts): %s",
		status, code, try.sent, firstOf(message, http.StatusText(status))), everyTopic
}

// adviseUnanswered explains calls that got no HTTP answer.
func (t *awsIoT) adviseUnanswered(err error) (string, reach) {
	var netErr net.Error
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded) && !errors.As(err, &netErr):
		return err.Error(), thisTopic
	case errors.As(err, &netErr):
		return unreachable(t.host, err).Error(), everyTopic
	}
	return err.Error(), thisTopic
}

// adviseThrottled explains why a call was throttled. AWS uses the same error for a busy account and
// a full one: if it stored other messages meanwhile, there is room.
func adviseThrottled(op awsOperation, try *attempts) string {
	const busy = "others use the account's quota of requests a second, or it is smaller than the default"
	text := fmt.Sprintf("AWS throttled all %d attempts", try.sent)
	switch n := try.meanwhile(); {
	case !op.stores:
		return text + ": " + busy
	case n > 0:
		return fmt.Sprintf("%s and stored %d others meanwhile: %s", text, n, busy)
	}
	return text + ", and no other message was stored meanwhile: the account holds its quota of retained messages " +
		"(delete some, which still works," +
		" or have the quota raised), or else " + busy
}

// isDenied reports whether a permission is missing, as opposed to credentials that are not accepted
// at all. The data plane's own answer is just "Forbidden".
func isDenied(code string) bool {
	switch code {
	case "", "ForbiddenException", "AccessDeniedException", "AccessDenied", "Forbidden", "UnknownError":
		return true
	}
	return false
}

// resource returns what a policy must name for the call.
func (t *awsIoT) resource(op awsOperation, topic string) string {
	if !op.topical {
		return `resource "*"`
	}
	return fmt.Sprintf("arn:%s:iot:%s:*:topic/%s", awsPartition(t.region), t.region, topic)
}

func awsPartition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// awsStatus returns the HTTP status of the answer, or 0 if there was none. An answer whose body is
// not JSON (a proxy's page) has one too.
func awsStatus(err error) int {
	var answered interface{ HTTPStatusCode() int }
	if errors.As(err, &answered) {
		return answered.HTTPStatusCode()
	}
	return 0
}

// isCredential reports whether the SDK found no credentials. It compares text, because the SDK has
// no type for this error.
func isCredential(err error) bool {
	text := err.Error()
	return strings.Contains(text, "get identity:") || strings.Contains(text, "failed to refresh cached credentials")
}

func missingCredentials(err error) error {
	return fmt.Errorf("find AWS credentials: %w; set profile or role_arn in the broker block, or AWS_PROFILE, or "+
		"AWS_ACCESS_KEY_ID and"+
		" AWS_SECRET_ACCESS_KEY; in CI give the job a role (AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE)", err)
}

// unreachable explains why a call got no HTTP answer, without the text that the SDK adds.
func unreachable(host string, err error) error {
	var (
		dns       *net.DNSError
		op        *net.OpError
		request   *url.Error
		authority *tls.CertificateVerificationError
		noTLS     tls.RecordHeaderError
	)
	if errors.As(err, &request) {
		err = request.Err
	}
	cause, hint := err, "check that this is its address, and for a proxy between"
	switch {
	case errors.As(err, &dns):
		cause, hint = dns, "check region and endpoint, and that this machine has a name server"
	case timedOut(err):
		cause, hint = fmt.Errorf("no answer within %s", awsAttemptTimeout), "check that this is its address, and "+
			"that a firewall lets this through"
	case errors.As(err, &authority):
		hint = "check that this is its address; if a proxy intercepts TLS, name the proxy's authority in AWS_CA_BUNDLE"
	case errors.As(err, &noTLS), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		hint = "the port does not speak TLS: check that this is its address"
	case errors.As(err, &op):
		cause, hint = op.Err, "check that this is its address and that something listens there"
	}
	return fmt.Errorf("connect to %s: %w; %s", host, cause, hint)
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// isNotFound reports whether AWS answered that nothing is retained there, as opposed to a 404 of
// something else at that address, which does not prove absence.
func isNotFound(err error) bool {
	var missing *types.ResourceNotFoundException
	return errors.As(err, &missing)
}
