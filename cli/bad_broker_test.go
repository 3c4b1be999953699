package cli_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/retainctl/retainctl/broker/brokertest"
	"github.com/retainctl/retainctl/mqtt/wire"
)

// greeting starts a server that sends some words to each client, and then nothing.
func greeting(t *testing.T, words string) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { conn.Close() })
			fmt.Fprint(conn, words)
		}
	}()
	return l.Addr().String()
}

// spoiled starts a proxy before an MQTT broker that passes everything until the broker sends a packet
// of the given type.
func spoiled(t *testing.T, broker string, at wire.Type, how brokertest.Verdict) string {
	return brokertest.StartProxy(t, broker, func(p *brokertest.Passing) brokertest.Verdict {
		if !p.ToBroker && p.Type() == at {
			return how
		}
		return brokertest.Pass
	})
}

// badBroker is a broker block that cannot work, and what must be printed about it.
type badBroker struct {
	kind      string
	arguments []string // of the block
	want      []string // in what is printed
}

// tryBadBroker applies two messages to a broker. The output must name the broker, its address and what
// to check, within the time limit, and no state may be written.
func tryBadBroker(t *testing.T, b badBroker, limit time.Duration, files map[string]string) {
	dir := t.TempDir()
	for name, from := range files {
		data, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name), data)
	}
	write(t, filepath.Join(dir, "main.retain.hcl"), fmt.Appendf(nil,
		"broker %q \"lab\" {\n%s\n}\nmessage \"a\" { payload = \"1\" }\nmessage \"b\" { payload = \"1\" }\n", b.kind, strings.Join(b.arguments, "\n")))
	began := time.Now()
	out, code := retainctl(dir, "apply", "-auto-approve")
	if took := time.Since(began); took > limit {
		t.Errorf("it took %s", took)
	}
	flat := strings.Join(strings.Fields(out), " ")
	for _, want := range b.want {
		if !strings.Contains(flat, want) {
			t.Errorf("%q is not printed", want)
		}
	}
	if code != 1 {
		t.Errorf("exit status %d", code)
	}
	if _, err := os.Stat(filepath.Join(dir, "retain.state.json")); err == nil {
		t.Error("a state was written")
	}
	for _, bad := range []string{"s3cret", "context deadline", "EOF"} {
		if strings.Contains(out, bad) {
			t.Errorf("%q is printed", bad)
		}
	}
	if t.Failed() {
		t.Log(out)
	}
}

func TestBadMQTTBroker(t *testing.T) {
	ours, other := brokertest.NewAuthority(t, "ours"), brokertest.NewAuthority(t, "other")
	ours.Issue("server", "broker.lab", "127.0.0.1")
	ours.Issue("elsewhere", "broker.lab")
	ours.IssueUntil(time.Now().Add(-time.Minute), "old", "127.0.0.1")
	secure := func(name string) string {
		return brokertest.StartMosquitto(t, "allow_anonymous true", "certfile "+ours.File(name+".pem"), "keyfile "+ours.File(name+".key")).Address
	}
	good, plain := secure("server"), brokertest.StartMosquitto(t).Address
	guarded := brokertest.StartMosquitto(t, "allow_anonymous false").Address
	web := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(web.Close)
	for _, test := range []struct {
		name, scheme, address string
		arguments             string
		want                  []string
	}{
		{"another authority", "mqtts", good, `ca_file = "other.pem"`, []string{"over TLS", "unknown authority", "no authority in ca_file signed"}},
		{"no authority", "mqtts", good, "", []string{"over TLS", "unknown authority", "name its certificate in ca_file"}},
		{"expired certificate", "mqtts", secure("old"), `ca_file = "ours.pem"`, []string{"over TLS", "expired", "renew it"}},
		{"certificate of another host", "mqtts", secure("elsewhere"), `ca_file = "ours.pem"`, []string{"over TLS", "another host than 127.0.0.1", "server_name"}},
		{"wrong password", "mqtt", guarded, "username = \"ann\"\npassword = \"s3cret\"", []string{"refused the connection: not authorized (0x87)", "check username and password, or token"}},
		{"wrong password, MQTT 3.1.1", "mqtt", guarded, "protocol = \"3.1.1\"\nusername = \"ann\"\npassword = \"s3cret\"", []string{"not authorized (0x87)", "check username and password"}},
		{"no password", "mqtt", guarded, "", []string{"not authorized (0x87)", "none was given: set username and password"}},
		{"a web server", "mqtt", web.Listener.Addr().String(), "", []string{"did not answer CONNECT within 1s", "is it an MQTT broker that listens there"}},
		{"a web server that answers", "mqtt", greeting(t, "HTTP/1.1 400 Bad Request\r\n\r\n"), "", []string{`no MQTT broker: it answers "HTTP/1.1 400 Bad Request`, "is the port right?"}},
		{"a web server, TLS", "mqtts", web.Listener.Addr().String(), "", []string{"the port does not speak TLS"}},
		{"a web server, WebSocket", "ws", web.Listener.Addr().String(), "", []string{"over a WebSocket", `"404 Not Found" to a WebSocket at /mqtt`, "is the path right"}},
		{"SSH", "mqtt", greeting(t, "SSH-2.0-OpenSSH_9.2p1\r\n"), "", []string{`no MQTT broker: it answers "SSH-2.0-OpenSSH_9.2p1\r\n"`, "is the port right?"}},
		{"SSH, TLS", "mqtts", greeting(t, "SSH-2.0-OpenSSH_9.2p1\r\n"), "", []string{"the port does not speak TLS"}},
		{"TLS is wanted", "mqtt", good, "", []string{"closed the connection instead of answering CONNECT", "does the port want TLS"}},
		{"TLS is not spoken", "mqtts", plain, "", []string{"does not speak TLS"}},
		{"nothing listens", "mqtt", "127.0.0.1:1", "", []string{"connection refused", "is the broker running, and is the port right?"}},
		{"no such host", "mqtt", "no.such.host.invalid:1883", "", []string{"is the host name right"}},
		{"silent", "mqtt", greeting(t, ""), "", []string{"did not answer CONNECT within 1s"}},
		{"silent, TLS", "mqtts", greeting(t, ""), "", []string{"over TLS", "no answer within 1s", "firewall"}},
		{"silent, WebSocket", "ws", greeting(t, ""), "", []string{"over a WebSocket", "no answer within 1s"}},
		{"silent after CONNECT", "mqtt", spoiled(t, plain, wire.CONNACK, brokertest.Stall), "", []string{"did not answer CONNECT within 1s"}},
		{"silent after SUBSCRIBE", "mqtt", spoiled(t, plain, wire.SUBACK, brokertest.Stall), "", []string{"stopped answering: no SUBACK or PINGRESP came within 1s"}},
		{"reset at once", "mqtt", spoiled(t, plain, wire.CONNACK, brokertest.Reset), "", []string{"closed the connection instead of answering CONNECT", "does something between cut the connection?"}},
		{"reset while reading", "mqtt", spoiled(t, plain, wire.SUBACK, brokertest.Reset), "", []string{"could not be read", "closed the connection", "Nothing was published"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			tryBadBroker(t, badBroker{
				kind: "mqtt", arguments: []string{`timeout = "1s"`, fmt.Sprintf(`url = "%s://%s"`, test.scheme, test.address), test.arguments},
				want: append(test.want, test.address, "lab"),
			}, 5*time.Second, map[string]string{"ours.pem": ours.File("ca.pem"), "other.pem": other.File("ca.pem")})
		})
	}
}

// TestBadAWSEndpoint connects to endpoints that are not a data plane of AWS.
func TestBadAWSEndpoint(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secure.Close)
	page := func(status int) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(status)
			fmt.Fprint(w, "<html>proxy</html>")
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	for _, test := range []struct {
		name, endpoint string
		want           []string
	}{
		{"another authority", secure.URL, []string{"unknown authority", "AWS_CA_BUNDLE", secure.Listener.Addr().String()}},
		{"a web server", page(404), []string{"answered 404 Not Found, and not in AWS's words", "proxy between"}},
		{"a web server that agrees", page(200), []string{"answered 200 OK, and not in AWS's words"}},
		{"a proxy without a way there", page(502), []string{"answered 502 Bad Gateway to all 3 attempts, and not in AWS's words", "proxy between"}},
		{"SSH", "http://" + greeting(t, "SSH-2.0-OpenSSH_9.2p1\r\n"), []string{"connect to 127.0.0.1", "check that this is its address"}},
		{"nothing listens", "http://127.0.0.1:1", []string{"connect to 127.0.0.1:1", "connection refused", "something listens there"}},
		{"no such host", "http://no.such.host.invalid", []string{"no.such.host.invalid", "no such host", "name server"}},
		{"silent", "http://" + greeting(t, ""), []string{"no answer within 10s", "firewall"}},
		{"no TLS", "https://" + greeting(t, "HTTP/1.1 400 Bad Request\r\n\r\n"), []string{"the port does not speak TLS"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			tryBadBroker(t, badBroker{
				kind: "aws_iot", arguments: []string{`region = "eu-west-1"`, fmt.Sprintf("endpoint = %q", test.endpoint)}, want: append(test.want, "lab"),
			}, 15*time.Second, nil)
		})
	}
}
