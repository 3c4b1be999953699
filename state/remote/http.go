package remote

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// HTTP keeps the state behind Terraform's HTTP protocol: GET and POST of a document, LOCK and
// UNLOCK. In the protocol a write does not name the version that it replaces, and a lock has no
// lease: only the lock keeps two writers apart, and each write names it.
type HTTP struct {
	client   *http.Client
	settings spec.HTTPSettings
	Options

	mu     sync.Mutex
	lockID string // of the lock that this process holds
}

var _ state.Store = (*HTTP)(nil)

// OpenHTTP opens the store of a backend "http" block. It sends no request.
func OpenHTTP(settings spec.HTTPSettings, o Options) (*HTTP, error) {
	if settings.Address == nil {
		return nil, missing("http", "address")
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DialContext = (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext
	o = o.filled()
	transport.ResponseHeaderTimeout = o.answer
	if settings.SkipCertVerification {
		transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
	}
	h := &HTTP{settings: settings, Options: o}
	h.client = &http.Client{Transport: transport, CheckRedirect: sameMethod}
	h.Log("state: %s", h.Address())
	return h, nil
}

// sameMethod refuses a redirect that would turn a write into a read.
func sameMethod(next *http.Request, via []*http.Request) error {
	if next.Method != via[0].Method || len(via) > 5 {
		return http.ErrUseLastResponse
	}
	return nil
}

// Address returns the document's URL for people, without user, password and query: a query may hold
// a token.
func (h *HTTP) Address() string { return plainURL(h.settings.Address) }

func plainURL(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}).String()
}

// Read implements state.Store.
func (h *HTTP) Read(ctx context.Context) (*state.Snapshot, state.Version, error) {
	document, err := h.document(ctx)
	if err != nil || document == nil {
		return nil, "", err
	}
	snapshot, err := state.Decode(document)
	if err != nil {
		err = fmt.Errorf("read state %s: %w", h.Address(), err)
	}
	return snapshot, state.VersionOf(document), err
}

// document returns the document, or nil if there is none yet.
func (h *HTTP) document(ctx context.Context) ([]byte, error) {
	a, err := h.send(ctx, http.MethodGet, h.settings.Address, nil)
	switch {
	case err != nil:
		return nil, err
	case a.status == http.StatusNotFound && bytes.Contains(a.body, []byte("Project Not Found")):
		return nil, h.explain("read", a) // GitLab's message for a project that is hidden from this user
	case a.status == http.StatusNotFound, a.status == http.StatusNoContent, a.status == http.StatusOK && len(a.body) == 0:
		return nil, nil
	case a.status != http.StatusOK:
		return nil, h.explain("read", a)
	}
	return unwrap(a.body), nil
}

// Write implements state.Store. The protocol has no conditional write, so it compares the version
// first. After a failure it reads the document too: GitLab refuses a serial that it already has,
// and so the second attempt of a write whose first answer was lost. After the first write it does so
// as well: what answers 200 to everything, as a proxy may, looks like a server without a state.
func (h *HTTP) Write(ctx context.Context, snapshot *state.Snapshot, since state.Version) (state.Version, error) {
	document, err := state.Encode(snapshot)
	if err != nil {
		return "", err
	}
	body := wrap(snapshot, document)
	if err := h.checkSize(body); err != nil {
		return "", fmt.Errorf("write state %s: %w", h.Address(), err)
	}
	current, err := h.document(ctx)
	if err != nil {
		return "", err
	}
	if versionOf(current) != since {
		return "", fmt.Errorf("write state %s: %w", h.Address(), state.ErrConflict)
	}
	failed := h.post(ctx, body)
	if failed == nil && since != "" {
		return state.VersionOf(document), nil
	}
	stored, err := h.document(ctx)
	switch {
	case err != nil && failed != nil:
		return "", failed
	case err != nil:
		return "", err
	case bytes.Equal(stored, document):
		return state.VersionOf(document), nil
	case failed == nil && stored == nil:
		return "", fmt.Errorf("write state %s: the server accepted the state, and then has none: check the address, "+
			"and for a proxy between", h.Address())
	case versionOf(stored) != since:
		return "", fmt.Errorf("write state %s: %w", h.Address(), state.ErrConflict)
	}
	return "", failed
}

func versionOf(document []byte) state.Version {
	if document == nil {
		return ""
	}
	return state.VersionOf(document)
}

func (h *HTTP) post(ctx context.Context, body []byte) error {
	h.mu.Lock()
	to, id := *h.settings.Address, h.lockID
	h.mu.Unlock()
	if id != "" {
		query := to.Query()
		query.Set("ID", id)
		to.RawQuery = query.Encode()
	}
	a, err := h.send(ctx, h.settings.UpdateMethod, &to, body)
	if err != nil {
		return err
	}
	switch a.status {
	case http.StatusOK, http.StatusCreated, http.StatusNoContent:
		return nil
	}
	return h.explain("write", a)
}

// answer is a complete answer of a server.
type answer struct {
	url    *url.URL
	status int
	header http.Header
	body   []byte
}

// send sends a request, and repeats it if there is no answer or the answer is a passing failure.
func (h *HTTP) send(ctx context.Context, method string, to *url.URL, body []byte) (answer, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stalled := time.AfterFunc(h.patience(len(body)), func() { cancel(context.DeadlineExceeded) })
	defer stalled.Stop()
	for n := 1; ; n++ {
		a, err := h.once(ctx, method, to, body, func(size int) { stalled.Reset(h.patience(size)) })
		if err == nil && !passing(a.status) {
			return a, nil
		}
		if n < attempts && !permanent(err) && sleep(ctx, pause(n)) == nil {
			continue
		}
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			return a, fmt.Errorf("%s %s: %w", method, plainURL(to), unreached(to.Host, err))
		}
		return a, nil
	}
}

func passing(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// permanent reports whether the next attempt would fail in the same way.
func permanent(err error) bool {
	var certificate *tls.CertificateVerificationError
	return errors.As(err, &certificate) || isLong(err)
}

func (h *HTTP) once(ctx context.Context, method string, to *url.URL, body []byte, begun func(size int)) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, method, to.String(), bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if h.settings.Username != "" {
		request.SetBasicAuth(h.settings.Username, h.settings.Password)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
		sum := md5.Sum(body)
		request.Header.Set("Content-MD5", base64.StdEncoding.EncodeToString(sum[:]))
	}
	response, err := h.client.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	begun(int(max(response.ContentLength, 0)))
	a := answer{url: to, status: response.StatusCode, header: response.Header}
	if method == http.MethodGet && a.status == http.StatusOK {
		a.body, err = readBody(response.Body, h.longest)
	} else if a.body, err = readStart(response.Body); len(a.body) == lockBytes {
		return a, err // without a checksum, because it may be only the start
	}
	if err != nil {
		return a, err
	}
	return a, a.checkMD5()
}

// checkMD5 reports a body that was damaged on its way, if the server sends a checksum.
func (a answer) checkMD5() error {
	given := a.header.Get("Content-MD5")
	sum := md5.Sum(a.body)
	if given == "" || given == base64.StdEncoding.EncodeToString(sum[:]) {
		return nil
	}
	return errors.New("the answer does not match its Content-MD5")
}
