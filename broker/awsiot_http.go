package broker

import (
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

const (
	// awsAnswerBytes bounds an answer: the longest that AWS gives are a page of 200 topics, and a
	// payload of 128 KiB with 8 KiB of user properties, in base64.
	awsAnswerBytes = 1 << 20
	// awsRedirects is how many redirects are followed, of which the SDK follows any number.
	awsRedirects = 5
)

// awsHTTP is the SDK's HTTP client with bounds on what is answered.
type awsHTTP struct{ *awshttp.BuildableClient }

var _ aws.HTTPClient = awsHTTP{}

// Do implements aws.HTTPClient.
func (c awsHTTP) Do(r *http.Request) (*http.Response, error) {
	answer, err := c.BuildableClient.Do(r)
	if err == nil {
		answer.Body = &awsBody{ReadCloser: answer.Body, left: awsAnswerBytes}
	}
	return answer, err
}

// idle returns a client that keeps n connections open.
func (c awsHTTP) idle(n int) awsHTTP {
	return awsHTTP{c.WithTransportOptions(func(t *http.Transport) { t.MaxIdleConns, t.MaxIdleConnsPerHost = n, n })}
}

// awsBody fails once an answer is longer than any of AWS's.
type awsBody struct {
	io.ReadCloser
	left int
}

func (b *awsBody) Read(p []byte) (int, error) {
	if len(p) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if b.left -= n; b.left < 0 {
		return 0, &oddAnswer{fmt.Sprintf("with more than %d MiB", awsAnswerBytes>>20)}
	}
	return n, err
}

// limitRedirects makes a client give up when it is redirected too often. It does so where the proxy of a
// request is determined, because the SDK's client has no other place to see its redirects.
func limitRedirects(t *http.Transport) {
	proxy := t.Proxy
	t.Proxy = func(r *http.Request) (*url.URL, error) {
		n := 0
		for before := r.Response; before != nil; before = before.Request.Response {
			n++
		}
		switch {
		case n > awsRedirects:
			return nil, redirectError{}
		case proxy == nil:
			return nil, nil
		}
		return proxy(r)
	}
}

// redirectError is the error of an endpoint that redirects too often.
type redirectError struct{}

func (redirectError) Error() string {
	return "it redirects from one address to the next without end"
}

// RetryableError keeps the SDK from trying again.
func (redirectError) RetryableError() bool { return false }
