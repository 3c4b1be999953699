package cli_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/retainctl/retainctl/state/statetest"
)

// outage is a fault of a script's stores. It affects the requests of a method whose path has a suffix,
// after the first few of them.
type outage struct {
	mu          sync.Mutex
	fault       statetest.Fault
	method, end string // "*" is any method; end is the suffix of the path
	spared      int    // the number of matching requests that are still answered
}

func (o *outage) at(r *http.Request) statetest.Fault {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fault == statetest.None || o.method != "*" && r.Method != o.method || !strings.HasSuffix(r.URL.Path, o.end) {
		return statetest.None
	}
	if o.spared > 0 {
		o.spared--
		return statetest.None
	}
	return o.fault
}

// storeFaults are the names of faults in scripts.
var storeFaults = map[string]statetest.Fault{
	"off": statetest.None, "cut": statetest.Cut, "silence": statetest.Silence, "500": statetest.Error500, "denied": statetest.Denied,
}

// setOutage implements "outage FAULT [METHOD [END [SPARED]]]".
func setOutage(ts *testscript.TestScript, neg bool, args []string) {
	fault, known := storeFaults[args[0]]
	if !known {
		ts.Fatalf("there is no fault %q", args[0])
	}
	given := []string{"off", "*", "", "0"}
	copy(given, args)
	spared, err := strconv.Atoi(given[3])
	ts.Check(err)
	o := ts.Value(outageKey{}).(*outage)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.fault, o.method, o.end, o.spared = fault, given[1], given[2], spared
}

type outageKey struct{}

// startS3 serves a bucket "states" at $S3.
func startS3(ts *testscript.TestScript, neg bool, args []string) {
	startStore(ts, "S3", &statetest.S3{Bucket: "states"})
}

// startTerraform serves a state of Terraform's protocol at $STATE, to the user ci
// with the password hunter2.
func startTerraform(ts *testscript.TestScript, neg bool, args []string) {
	startStore(ts, "STATE", &statetest.Terraform{GitLab: len(args) == 1 && args[0] == "-gitlab", Username: "ci", Password: "hunter2"})
}

func startStore(ts *testscript.TestScript, variable string, h http.Handler) {
	server := httptest.NewServer(statetest.Faulty{Next: h, Fault: ts.Value(outageKey{}).(*outage).at})
	ts.Defer(server.CloseClientConnections)
	ts.Setenv(variable, server.URL)
}

// request implements "request METHOD URL [FILE]": it sends a file and prints the answer.
func request(ts *testscript.TestScript, neg bool, args []string) {
	var body io.Reader
	if len(args) == 3 {
		body = strings.NewReader(ts.ReadFile(args[2]))
	}
	r, err := http.NewRequest(args[0], args[1], body)
	ts.Check(err)
	answer, err := http.DefaultClient.Do(r)
	ts.Check(err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	ts.Check(err)
	ts.Stdout().Write(text)
	if (answer.StatusCode >= 300) != neg {
		ts.Fatalf("the answer is %s", answer.Status)
	}
}
