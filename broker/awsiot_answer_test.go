package broker

import (
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/retainctl/retainctl/embedded/server"
	"github.com/retainctl/retainctl/mqtt"
)

// endpoint serves what answer writes, and counts the requests.
func endpoint(t *testing.T, answer http.HandlerFunc) (url string, asked *atomic.Int64) {
	t.Helper()
	asked = new(atomic.Int64)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL, asked
}

func TestAWSAnswersThatAreNoMessage(t *testing.T) {
	const whole = `{"topic":"a","payload":"eA==","qos":1,"lastModifiedTime":1700000000000,"userProperties":null}`
	without := func(member, instead string) string {
		if !strings.Contains(whole, member) {
			t.Fatalf("%s is not in the answer", member)
		}
		return strings.Replace(whole, member, instead, 1)
	}
	for name, test := range map[string]struct{ body, want string }{
		"whole":              {whole, ""},
		"nothing":            {"", "200 without a topic"},
		"null":               {"null", "200 without a topic"},
		"an empty object":    {"{}", "200 without a topic"},
		"a list":             {"[]", "not in AWS's words"},
		"a page":             {"<html>sign in</html>", "not in AWS's words"},
		"no topic":           {without(`"topic":"a",`, ""), "200 without a topic"},
		"topic is null":      {without(`"topic":"a"`, `"topic":null`), "200 without a topic"},
		"another topic":      {without(`"topic":"a"`, `"topic":"A"`), `message of another topic, "A"`},
		"no payload":         {without(`"payload":"eA==",`, ""), "without a payload"},
		"an empty payload":   {without(`"eA=="`, `""`), "without a payload"},
		"payload is null":    {without(`"eA=="`, `null`), "without a payload"},
		"payload not base64": {without(`"eA=="`, `"!"`), "not in AWS's words"},
		"QoS 2":              {without(`"qos":1`, `"qos":2`), "QoS 2, which AWS does not have"},
		"QoS -1":             {without(`"qos":1`, `"qos":-1`), "QoS -1"},
		"no time":            {without(`"lastModifiedTime":1700000000000,`, ""), "without the time"},
		"a negative time":    {without("1700000000000", "-1"), "without the time"},
	} {
		t.Run(name, func(t *testing.T) {
			url, _ := endpoint(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, test.body) })
			target := openAWS(t, url, Options{})
			seen := read(t, target, "a")
			if test.want == "" {
				if len(seen.Live) != 1 || len(seen.Unread) != 0 {
					t.Errorf("live %v, unread %v", seen.Live, seen.Unread)
				}
				return
			}
			if len(seen.Live) != 0 {
				t.Errorf("read as %v", seen.Live)
			}
			has(t, seen.Unread["a"], `read "a"`, test.want, "proxy")
		})
	}
}

func TestAWSAnswersThatAreNoList(t *testing.T) {
	const row = `{"topic":"a","payloadSize":1,"qos":1,"lastModifiedTime":1}`
	change := func(old, new string) string {
		return `{"retainedTopics":[` + strings.Replace(row, old, new, 1) + `]}`
	}
	for name, test := range map[string]struct{ body, want string }{
		"an empty account": {`{"retainedTopics":[],"nextToken":null}`, ""},
		"a message":        {change("", ""), ""},
		"nothing":          {"", "200 without a list"},
		"null":             {"null", "200 without a list"},
		"an empty object":  {"{}", "200 without a list"},
		"a null list":      {`{"retainedTopics":null}`, "200 without a list"},
		"no topic":         {change(`"topic":"a",`, ""), "no topic in it"},
		"a filter":         {change(`"a"`, `"a/#"`), `no topic in it, but "a/#"`},
		"no size":          {change(`"payloadSize":1,`, ""), `no payload at "a"`},
		"QoS 2":            {change(`"qos":1`, `"qos":2`), "QoS 2"},
		"no time":          {change(`,"lastModifiedTime":1`, ""), "without the time"},
		"a null row":       {`{"retainedTopics":[null]}`, "no topic in it"},
	} {
		t.Run(name, func(t *testing.T) {
			url, _ := endpoint(t, func(w http.ResponseWriter, r *http.Request) {
				if operationOf(r) == "list" {
					io.WriteString(w, test.body)
					return
				}
				io.WriteString(w, `{"topic":"a","payload":"eA==","qos":1,"lastModifiedTime":1}`)
			})
			target := openAWS(t, url, Options{})
			found, err := target.Scan(t.Context(), []string{"#"})
			if test.want == "" {
				if err != nil || !found.Complete {
					t.Errorf("complete %t, %v", found.Complete, err)
				}
				return
			}
			has(t, err, "list retained messages", test.want)
			// A list that is no observation confirms nothing: each topic is read by itself.
			target.known = func(string, string) (mqtt.Retained, bool) {
				return mqtt.Retained{Message: mqtt.Message{Topic: "a", Payload: []byte("y"), QoS: 1}, Modified: awsTime(1)}, true
			}
			target.listing.top = 1e6
			if seen := read(t, target, "a"); string(seen.Live["a"].Payload) != "x" {
				t.Errorf("read %v, unread %v", seen.Live, seen.Unread)
			}
		})
	}
}

func TestAWSAnswersThatAreNoPublish(t *testing.T) {
	for name, test := range map[string]struct {
		status     int
		kind, body string
		want       string
	}{
		"nothing":       {200, "", "", ""},
		"as AWS":        {200, "application/json", `{"message":"OK","traceId":"1"}`, ""},
		"a page":        {200, "text/html; charset=utf-8", "<html>sign in</html>", "HTML page"},
		"accepted":      {202, "", "", "202 Accepted to a publish"},
		"no content":    {204, "", "", "204 No Content to a publish"},
		"without limit": {200, "", strings.Repeat("x", awsAnswerBytes+1), "with more than 1 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			url, _ := endpoint(t, func(w http.ResponseWriter, r *http.Request) {
				if test.kind != "" {
					w.Header().Set("Content-Type", test.kind)
				}
				w.WriteHeader(test.status)
				io.WriteString(w, test.body)
			})
			target := openAWS(t, url, Options{})
			err := publish(t, target, mqtt.Message{Topic: "a", Payload: []byte("x")})[0]
			if test.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			has(t, err, `publish "a"`, test.want)
			target.Close()
		})
	}
}

// TestAWSListsEnd checks that a list which brings nothing new ends, in a scan and in a read.
func TestAWSListsEnd(t *testing.T) {
	page := func(topic int, token string) string {
		return fmt.Sprintf(`{"retainedTopics":[{"topic":"t/%d","payloadSize":1,"qos":1,"lastModifiedTime":1}],"nextToken":%q}`, topic, token)
	}
	for name, test := range map[string]struct {
		page  func(n int) string
		want  string
		pages int64
	}{
		"the same token":   {func(n int) string { return page(n, "again") }, "the same nextToken came again", 2},
		"two tokens":       {func(n int) string { return page(n, fmt.Sprint(n%2)) }, "the same nextToken came again", 3},
		"the same page":    {func(n int) string { return page(0, fmt.Sprint(n)) }, "10 pages in a row", 11},
		"empty pages":      {func(n int) string { return fmt.Sprintf(`{"retainedTopics":[],"nextToken":"%d"}`, n) }, "10 pages in a row", 10},
		"news in between":  {func(n int) string { return page(n/9, fmt.Sprint(n%50)) }, "the same nextToken came again", 51},
		"endless in bytes": {func(n int) string { return page(n, fmt.Sprint(n)+strings.Repeat("x", 900_000)) }, "more than 512 MiB", 597},
	} {
		t.Run(name, func(t *testing.T) {
			var n atomic.Int64
			url, _ := endpoint(t, func(w http.ResponseWriter, r *http.Request) {
				if operationOf(r) == "list" {
					io.WriteString(w, test.page(int(n.Add(1)-1)))
				}
			})
			target := openAWS(t, url, Options{})
			target.listing = newPacer(1e6)
			if name == "endless in bytes" {
				list := newListing(target)
				list.bytes = awsListBytes - 3*900_000
				var err error
				for err == nil {
					_, err = list.page(t.Context())
				}
				has(t, err, test.want)
				return
			}
			_, err := target.Scan(t.Context(), []string{"none"})
			has(t, err, "list retained messages", test.want)
			if n.Load() != test.pages {
				t.Errorf("%d pages, want %d", n.Load(), test.pages)
			}
		})
	}
}

// TestAWSEndlessAnswers checks that an answer without an end takes no memory, whatever is asked and
// whatever its status is.
func TestAWSEndlessAnswers(t *testing.T) {
	spaces := []byte(strings.Repeat(" ", 64<<10))
	for _, status := range []int{200, 400, 404, 500} {
		var sent atomic.Int64
		url, _ := endpoint(t, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(status)
			io.WriteString(w, `{"topic":"`)
			for sent.Load() < 1<<30 {
				n, err := w.Write(spaces)
				if sent.Add(int64(n)); err != nil {
					return
				}
			}
		})
		target := openAWS(t, url, Options{})
		target.listing = newPacer(1e6)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		seen, err := target.Read(t.Context(), []string{"a"})
		if err == nil {
			err = seen.Unread["a"]
		}
		_, scanErr := target.Scan(t.Context(), []string{"#"})
		publishErr := publish(t, target, mqtt.Message{Topic: "a", Payload: []byte("x")})[0]
		runtime.ReadMemStats(&after)
		for i, err := range []error{err, scanErr, publishErr} {
			if err == nil || len(err.Error()) > 1000 {
				t.Errorf("%d: call %d: %v", status, i, err)
			}
		}
		if made := after.TotalAlloc - before.TotalAlloc; made > 256<<20 || sent.Load() >= 1<<30 {
			t.Errorf("%d: %d bytes were allocated, %d sent", status, made, sent.Load())
		}
	}
}

// TestAWSRedirects checks that a redirect is followed, and one without an end is not.
func TestAWSRedirects(t *testing.T) {
	for _, status := range []int{307, 308, 301, 302} {
		url, asked := endpoint(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.String(), status) })
		target := openAWS(t, url, Options{})
		_, err := target.Read(t.Context(), []string{"a"})
		if err == nil && status < 307 {
			continue // the topic is unread: it is not followed
		}
		has(t, err, "redirects from one address to the next without end")
		if n := asked.Load(); n != awsRedirects+1 {
			t.Errorf("%d: %d requests", status, n)
		}
	}
	plane := serveDataPlane(t, server.Options{})
	batch, topics := numbered(1)
	seed(t, plane, batch)
	url, _ := endpoint(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, plane.URL+r.URL.RequestURI(), http.StatusTemporaryRedirect)
	})
	if seen := read(t, openAWS(t, url, Options{}), topics[0]); len(seen.Live) != 1 {
		t.Errorf("unread %v", seen.Unread)
	}
}

// TestAWSBundle checks that the data plane is asked with the authorities of AWS_CA_BUNDLE.
func TestAWSBundle(t *testing.T) {
	plane := serveDataPlane(t, server.Options{})
	secure := httptest.NewTLSServer(plane.Config.Handler)
	t.Cleanup(secure.Close)
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})
	if err := os.WriteFile(bundle, authority, 0o600); err != nil {
		t.Fatal(err)
	}
	awsEnvironment(t)
	_, err := openAWS(t, secure.URL, Options{}).Read(t.Context(), []string{"a"})
	has(t, err, "certificate")
	t.Setenv("AWS_CA_BUNDLE", bundle)
	target := openAWSHere(t, awsSettings(secure.URL), Options{})
	if seen := read(t, target, "a"); len(seen.Unread) != 0 {
		t.Errorf("unread %v", seen.Unread)
	}
}

// TestAWSStoredInSpiteOfAnError checks that a message which AWS stored, and answered with an error, is
// not published more than twice.
func TestAWSStoredInSpiteOfAnError(t *testing.T) {
	m := mqtt.Message{Topic: "a", Payload: []byte("x"), QoS: 1, ContentType: "new"}
	for name, test := range map[string]struct {
		message mqtt.Message
		before  []mqtt.Message // stored long ago
		stores  bool
		denied  bool // to read
		status  int
		want    int // publishes
		ok      bool
	}{
		"stored":                            {message: m, stores: true, status: 500, want: 2, ok: true},
		"stored over another":               {message: m, before: []mqtt.Message{{Topic: "a", Payload: []byte("y")}}, stores: true, status: 503, want: 2, ok: true},
		"stored over an equal one":          {message: m, before: []mqtt.Message{m}, stores: true, status: 500, want: 2, ok: true},
		"deleted":                           {message: mqtt.Deletion("a", 1), before: []mqtt.Message{m}, stores: true, status: 504, want: 2, ok: true},
		"not stored":                        {message: m, status: 500, want: 8},
		"not stored, an equal one is there": {message: m, before: []mqtt.Message{m}, status: 500, want: 8},
		"not deleted":                       {message: mqtt.Deletion("a", 1), before: []mqtt.Message{m}, status: 500, want: 8},
		"stored, and nobody may read":       {message: m, stores: true, denied: true, status: 500, want: 8},
		"throttled":                         {message: m, before: []mqtt.Message{m}, status: 429, want: 8},
	} {
		t.Run(name, func(t *testing.T) {
			plane := serveDataPlane(t, server.Options{})
			seed(t, plane, test.before)
			var published, got atomic.Int64
			around(plane, func(w http.ResponseWriter, r *http.Request, inner http.Handler) {
				record := httptest.NewRecorder()
				switch {
				case operationOf(r) == "publish":
					published.Add(1)
					if test.stores {
						inner.ServeHTTP(record, r)
					}
					io.Copy(io.Discard, r.Body)
					w.Header().Set("x-amzn-ErrorType", "InternalFailureException")
					w.WriteHeader(test.status)
				case test.denied:
					w.WriteHeader(http.StatusForbidden)
				default:
					got.Add(1)
					inner.ServeHTTP(record, r)
					body := record.Body.String()
					if !test.stores && len(test.before) > 0 { // the older message is older than the test
						body = aged(body)
					}
					for name := range record.Header() {
						w.Header().Set(name, record.Header().Get(name))
					}
					w.WriteHeader(record.Code)
					io.WriteString(w, body)
				}
			})
			target := openAWS(t, plane.URL, Options{})
			err := publish(t, target, test.message)[0]
			if int(published.Load()) != test.want || (err == nil) != test.ok {
				t.Errorf("%d publishes, want %d; %v", published.Load(), test.want, err)
			}
			if test.status == 429 && got.Load() > 0 {
				t.Error("read, though what is throttled is never stored")
			}
			target.Close()
		})
	}
}

// aged returns the answer to a Get with an hour taken off its time.
func aged(body string) string {
	const member = `"lastModifiedTime":`
	at := strings.Index(body, member)
	if at < 0 {
		return body
	}
	at += len(member)
	end := at + strings.IndexByte(body[at:], ',')
	var ms int64
	fmt.Sscan(body[at:end], &ms)
	return body[:at] + fmt.Sprint(ms-3_600_000) + body[end:]
}

// TestAWSStoredInSpiteOfSilence checks the same for a connection that is cut instead of answered.
func TestAWSStoredInSpiteOfSilence(t *testing.T) {
	plane := serveDataPlane(t, server.Options{})
	var published atomic.Int64
	around(plane, func(w http.ResponseWriter, r *http.Request, inner http.Handler) {
		if operationOf(r) != "publish" {
			inner.ServeHTTP(w, r)
			return
		}
		published.Add(1)
		inner.ServeHTTP(httptest.NewRecorder(), r)
		conn, _, err := w.(*statusRecorder).ResponseWriter.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		conn.Close()
	})
	target := openAWS(t, plane.URL, Options{})
	read(t, target, "other") // AWS has answered before
	if err := publish(t, target, mqtt.Message{Topic: "a", Payload: []byte("x")})[0]; err != nil || published.Load() != 2 {
		t.Errorf("%v after %d publishes", err, published.Load())
	}
}

func TestAWSAccountMustBeNamed(t *testing.T) {
	url, _ := endpoint(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `<GetCallerIdentityResponse><GetCallerIdentityResult></GetCallerIdentityResult></GetCallerIdentityResponse>`)
	})
	awsEnvironment(t)
	t.Setenv("AWS_ENDPOINT_URL_STS", url)
	_, err := findAWS(t.Context(), awsSettings("https://data-ats.iot.eu-west-1.amazonaws.com"))
	has(t, err, "did not say whose account this is")
}
