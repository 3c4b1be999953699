package remote

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

const (
	// stateBytes bounds a state, which is also what is written: what could not be read back would be
	// lost. A million messages of 100 bytes take about 350 MB.
	stateBytes = 512 << 20
	// lockBytes bounds a lock, and any other answer.
	lockBytes = 1 << 20
	// redirects is how many redirects are followed.
	redirects = 5
)

// longError is the error of an answer that is longer than what was asked for can be.
type longError struct{ most int }

func (e *longError) Error() string {
	return fmt.Sprintf("answered with more than %d MiB, which is more than is asked for", e.most>>20)
}

// RetryableError keeps the SDK from trying again.
func (e *longError) RetryableError() bool { return false }

func isLong(err error) bool {
	var long *longError
	return errors.As(err, &long)
}

// checkSize refuses a state that could not be read again.
func (o Options) checkSize(document []byte) error {
	if len(document) > o.longest {
		return fmt.Errorf("the state has %d MiB, and at most %d MiB are read from a server: divide the configuration",
			len(document)>>20, o.longest>>20)
	}
	return nil
}

// readBody reads a body of up to most bytes. It takes memory only for what came, in pieces that are
// joined at the end: a buffer that grows would take twice as much before it fails.
func readBody(r io.Reader, most int) ([]byte, error) {
	var parts [][]byte
	for total, size := 0, 4<<10; ; size = min(2*size, 1<<20) {
		part, err := readPart(r, size)
		parts = append(parts, part)
		switch total += len(part); {
		case total > most:
			return nil, &longError{most}
		case err == io.EOF:
			return slices.Concat(parts...), nil
		case err != nil:
			return nil, err
		}
	}
}

// readPart reads up to size bytes. Unlike io.ReadFull, it keeps the reader's own errors apart.
func readPart(r io.Reader, size int) ([]byte, error) {
	part := make([]byte, size)
	for n := 0; ; {
		m, err := r.Read(part[n:])
		if n += m; err != nil || n == size {
			return part[:n], err
		}
	}
}

// readStart reads at most the beginning of a body of which no more is needed.
func readStart(r io.Reader) ([]byte, error) { return io.ReadAll(io.LimitReader(r, lockBytes)) }

// boundedClient is the SDK's HTTP client with a bound on every answer but an object, whose reader
// knows how long it may be: the SDK reads errors whole.
type boundedClient struct{ *awshttp.BuildableClient }

// Do implements aws.HTTPClient.
func (c boundedClient) Do(r *http.Request) (*http.Response, error) {
	a, err := c.BuildableClient.Do(r)
	if err == nil && !(r.Method == http.MethodGet && a.StatusCode < 300) {
		a.Body = &boundedBody{a.Body, lockBytes}
	}
	return a, err
}

type boundedBody struct {
	io.ReadCloser
	left int
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if len(p) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if b.left -= n; b.left < 0 {
		return 0, &longError{lockBytes}
	}
	return n, err
}

// limitRedirects makes a client give up when it is redirected too often. It does so where the proxy of
// a request is determined, because the SDK's client has no other place to see its redirects, of which
// it follows any number.
func limitRedirects(t *http.Transport) {
	proxy := t.Proxy
	t.Proxy = func(r *http.Request) (*url.URL, error) {
		n := 0
		for before := r.Response; before != nil; before = before.Request.Response {
			n++
		}
		if n > redirects {
			return nil, redirectError{}
		}
		return proxy(r)
	}
}

// redirectError is the error of a store that redirects too often.
type redirectError struct{}

func (redirectError) Error() string {
	return "it redirects from one address to the next without end; check the endpoint"
}

// RetryableError keeps the SDK from trying again.
func (redirectError) RetryableError() bool { return false }
