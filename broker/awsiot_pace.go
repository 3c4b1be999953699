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

// pacer keeps an operation below its quota. Without it the SDK's retries make a client slow, more
// than the quota does: of 4,000 publishes at 256 in flight against 500/s, 3,000 failed with "retry
// quota exceeded".
//
// A throttled request means that the account's quota is smaller, or that others use it: the pace
// falls, and rises slowly again with each success.
type pacer struct {
	limiter *rate.Limiter
	top     rate.Limit

	mu      sync.Mutex
	lastCut time.Time
}

// newPacer returns a pacer that stays 1 % below a quota, because requests bunch up in the network.
func newPacer(quota rate.Limit) *pacer {
	top := quota * 0.99
	return &pacer{limiter: rate.NewLimiter(top, max(1, int(top/50))), top: top}
}

func (p *pacer) wait(ctx context.Context) error { return p.limiter.Wait(ctx) }

// throttled reduces the pace, once for all requests in flight.
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

// awsRetryer decides what is retried and after how long: the SDK's own list, and 429 and 408
// without an error code, which the SDK does not retry. The SDK's retry budget is turned off,
// because it fails calls that succeed at a lower pace.
func awsRetryer(maxBackoff time.Duration) *retry.Standard {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = 8
		// Set explicitly, so that AWS_NEW_RETRIES_2026 in the environment has no effect.
		o.Backoff = retry.NewExponentialJitterBackoff(maxBackoff)
		o.RateLimiter = ratelimit.None
		o.Retryables = append(o.Retryables, retry.RetryableHTTPStatusCode{Codes: map[int]struct{}{
			http.StatusTooManyRequests: {}, http.StatusRequestTimeout: {},
		}})
	})
}

// attempts is the SDK's retryer for one call. It paces every attempt, including retries, and learns
// from each.
type attempts struct {
	*retry.Standard
	target   *awsIoT
	pace     *pacer
	max      int
	sent     int
	silences int             // attempts without an answer in time
	stored   int64           // messages stored when the second attempt was throttled
	stop     context.Context // there is no further attempt once it is done

	began  time.Time // when the first attempt was sent
	unsure bool      // an attempt may have been carried out
	done   func(ctx context.Context, since time.Duration) bool
}

var _ aws.RetryerV2 = (*attempts)(nil)

func (t *awsIoT) attempts(stop context.Context, pace *pacer) *attempts {
	return &attempts{Standard: t.retryer, target: t, pace: pace, max: t.retryer.MaxAttempts(), stop: stop}
}

func (a *attempts) option(o *iotdataplane.Options) { o.Retryer = a }

func (a *attempts) MaxAttempts() int { return a.max }

// GetAttemptToken is called before each attempt. Only the first attempt may be cancelled: after
// that the caller must get the answer to an earlier one.
func (a *attempts) GetAttemptToken(ctx context.Context) (func(error) error, error) {
	if a.sent == 0 {
		ctx = a.stop
	}
	if a.carriedOut(ctx) {
		return nil, errCarriedOut
	}
	if err := a.pace.wait(ctx); err != nil {
		return nil, err
	}
	if a.sent == 0 {
		a.began = time.Now()
	}
	a.sent++
	return func(error) error { return nil }, nil
}

// IsErrorRetryable is called after each failed attempt.
func (a *attempts) IsErrorRetryable(err error) bool {
	status := awsStatus(err)
	if status != 0 {
		a.target.reached.Store(true)
	}
	if status == http.StatusTooManyRequests {
		a.throttled()
	} else if !isDial(err) {
		a.unsure = true
	}
	if a.stop.Err() != nil || status == 0 && a.permanent(err) || status >= 500 && a.foreign(err) {
		return false
	}
	// A truncated answer counts as no answer; the SDK takes it for a malformed one.
	return errors.Is(err, io.ErrUnexpectedEOF) || a.Standard.IsErrorRetryable(err)
}

// permanent reports whether a retry would only delay the error. If nothing ever answered, the
// address is wrong, something else is there, or the broker is down. An endpoint that answered
// before and fell silent is waited for three times.
func (a *attempts) permanent(err error) bool {
	if timedOut(err) {
		a.silences++
	}
	if a.target.reached.Load() {
		return a.silences >= 3
	}
	return isDial(err) || a.silences > 0 || a.sent > 1
}

// foreign reports whether something other than AWS answers, such as a proxy that cannot reach it.
// Once AWS has answered, such an answer is a passing failure.
func (a *attempts) foreign(err error) bool {
	var api smithy.APIError
	if errors.As(err, &api) {
		a.target.isAWS.Store(true)
	}
	return !a.target.isAWS.Load() && a.sent >= 3
}

// throttled slows down, unless the account is full. Messages that were in flight when the first
// attempt was throttled prove nothing, so counting begins with the second.
func (a *attempts) throttled() {
	if !a.target.full.Load() {
		a.pace.throttled()
	}
	if a.sent <= 2 {
		a.stored = a.target.stored.Load()
	}
}

// meanwhile returns how many other messages were stored while this call was throttled. If there are
// any, the account is busy and not full.
func (a *attempts) meanwhile() int64 { return a.target.stored.Load() - a.stored }

func (a *attempts) succeeded() {
	a.target.reached.Store(true)
	a.target.isAWS.Store(true)
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
