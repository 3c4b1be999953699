package broker

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/iotdataplane"
	"github.com/aws/smithy-go"
	"golang.org/x/time/rate"
)

// pacer keeps one operation below its quota. It is the SDK's retries, not the
// quota, that make a client without one slow: of 4,000 publishes at 256 in flight
// against 500/s, 3,000 failed with "retry quota exceeded".
//
// A throttled request means that the account's quota is smaller, or that others
// use it: the pace falls, and creeps up again with what succeeds.
type pacer struct {
	limiter *rate.Limiter
	top     rate.Limit

	mu      sync.Mutex
	lastCut time.Time
}

// newPacer stays 1 % below a quota, since requests bunch up on their way.
func newPacer(quota rate.Limit) *pacer {
	top := quota * 0.99
	return &pacer{limiter: rate.NewLimiter(top, max(1, int(top/50))), top: top}
}

func (p *pacer) wait(ctx context.Context) error { return p.limiter.Wait(ctx) }

// throttled cuts the pace, once for all that is in flight.
func (p *pacer) throttled() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := time.Now(); now.Sub(p.lastCut) > 300*time.Millisecond {
		p.lastCut = now
		p.limiter.SetLimit(max(p.limiter.Limit()*0.6, p.top/20))
	}
}

func (p *pacer) succeeded() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if limit := p.limiter.Limit(); limit < p.top {
		p.limiter.SetLimit(min(limit+p.top/5000, p.top))
	}
}

func (p *pacer) restore() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.limiter.SetLimit(p.top)
}

// awsRetryer holds what a call tries again and how long it waits: the SDK's own
// list, and 429 and 408 without an error code, which it gives up on. Its budget
// for retries is turned off, since it fails calls while the pacer would mend it.
func awsRetryer(maxBackoff time.Duration) *retry.Standard {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = 8
		// Named, so that AWS_NEW_RETRIES_2026 in the environment changes nothing.
		o.Backoff = retry.NewExponentialJitterBackoff(maxBackoff)
		o.RateLimiter = ratelimit.None
		o.Retryables = append(o.Retryables, retry.RetryableHTTPStatusCode{Codes: map[int]struct{}{
			http.StatusTooManyRequests: {}, http.StatusRequestTimeout: {},
		}})
	})
}

// attempts is the SDK's retryer for one call: it paces every attempt, the repeated
// ones too, and learns from each.
type attempts struct {
	*retry.Standard
	target   *awsIoT
	pace     *pacer
	max      int
	sent     int
	silences int             // attempts that nothing answered in time
	stored   int64           // messages that were stored when the second attempt was throttled
	stop     context.Context // no further attempt once it is done
}

var _ aws.RetryerV2 = (*attempts)(nil)

func (t *awsIoT) attempts(stop context.Context, pace *pacer) *attempts {
	return &attempts{Standard: t.retryer, target: t, pace: pace, max: t.retryer.MaxAttempts(), stop: stop}
}

func (a *attempts) option(o *iotdataplane.Options) { o.Retryer = a }

func (a *attempts) MaxAttempts() int { return a.max }

// GetAttemptToken is asked before each attempt. Only the first may be called off:
// later the answer to the earlier ones is what the caller must hear.
func (a *attempts) GetAttemptToken(ctx context.Context) (func(error) error, error) {
	if a.sent == 0 {
		ctx = a.stop
	}
	if err := a.pace.wait(ctx); err != nil {
		return nil, err
	}
	a.sent++
	return func(error) error { return nil }, nil
}

// IsErrorRetryable is asked after each attempt that failed.
func (a *attempts) IsErrorRetryable(err error) bool {
	status := awsStatus(err)
	if status != 0 {
		a.target.reached.Store(true)
	}
	if status == http.StatusTooManyRequests {
		a.throttled()
	}
	if a.stop.Err() != nil || status == 0 && a.hopeless(err) || status >= 500 && a.foreign(err) {
		return false
	}
	// An answer that was cut short is no answer; the SDK takes it for a bad one.
	return errors.Is(err, io.ErrUnexpectedEOF) || a.Standard.IsErrorRetryable(err)
}

// hopeless reports whether trying again would only delay saying what is wrong. Where
// nothing ever answered, the address is wrong, something else is there, or the
// broker is down; one that fell silent is waited for three times.
func (a *attempts) hopeless(err error) bool {
	if timedOut(err) {
		a.silences++
	}
	if a.target.reached.Load() {
		return a.silences >= 3
	}
	return isDial(err) || a.silences > 0 || a.sent > 1
}

// foreign reports whether something else than AWS answers, such as a proxy without a way
// there. Once AWS was heard that is a passing trouble of its own.
func (a *attempts) foreign(err error) bool {
	var api smithy.APIError
	if errors.As(err, &api) {
		a.target.heard.Store(true)
	}
	return !a.target.heard.Load() && a.sent >= 3
}

// throttled slows down, unless it is room that lacks. What was on its way when the
// first attempt met its 429 proves nothing, so counting begins with the second.
func (a *attempts) throttled() {
	if !a.target.full.Load() {
		a.pace.throttled()
	}
	if a.sent <= 2 {
		a.stored = a.target.stored.Load()
	}
}

// meanwhile is how many other messages were stored while this call was throttled:
// with one at least, the account is busy and not full.
func (a *attempts) meanwhile() int64 { return a.target.stored.Load() - a.stored }

func (a *attempts) succeeded() {
	a.target.reached.Store(true)
	a.target.heard.Store(true)
	a.pace.succeeded()
}

func isDial(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

func timedOut(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}
