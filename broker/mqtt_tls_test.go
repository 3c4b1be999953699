package broker_test

import (
	"crypto/tls"
	"net"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/retainctl/retainctl/broker/brokertest"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
)

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

func TestMQTTOverTLS(t *testing.T) {
	ours, other := brokertest.NewAuthority(t, "ours"), brokertest.NewAuthority(t, "other")
	ours.Issue("server", "broker.lab")
	ours.Issue("client")
	ours.IssueUntil(time.Now().Add(-time.Minute), "old", "broker.lab")
	other.Issue("foreign")
	serves := func(name string) []string {
		return []string{"allow_anonymous true", "cafile " + ours.File("ca.pem"), "certfile " + ours.File(name+".pem"), "keyfile " + ours.File(name+".key")}
	}
	listener := serves("server")
	expired := brokertest.StartMosquitto(t, serves("old")...)
	open := brokertest.StartMosquitto(t, listener...)
	mutual := brokertest.StartMosquitto(t, append(listener, "require_certificate true")...)
	plain := brokertest.StartMosquitto(t)
	good := func(m *brokertest.Mosquitto) spec.MQTTSettings {
		return spec.MQTTSettings{Address: brokertest.At("mqtts://" + m.Address), CAFile: ours.File("ca.pem"), ServerName: "broker.lab", Timeout: 5 * time.Second}
	}
	with := func(m *brokertest.Mosquitto, change func(*spec.MQTTSettings)) spec.MQTTSettings {
		s := good(m)
		change(&s)
		return s
	}
	for _, test := range []struct {
		name string
		s    spec.MQTTSettings
		want string // expected in the error; "" for no error
	}{
		{"trusted", good(open), ""},
		{"ALPN", with(open, func(s *spec.MQTTSettings) { s.ALPN = []string{"mqtt"} }), ""},
		{"client certificate", with(mutual, func(s *spec.MQTTSettings) { s.CertFile, s.KeyFile = ours.File("client.pem"), ours.File("client.key") }), ""},
		{"no client certificate", good(mutual), "ask for a client certificate, cert_file and key_file"},
		{"client certificate of another authority", with(mutual, func(s *spec.MQTTSettings) {
			s.CertFile, s.KeyFile = other.File("foreign.pem"), other.File("foreign.key")
		}), "client certificate, cert_file and key_file"},
		{"expired certificate", good(expired), "out of date: renew it"},
		{"wrong authority", with(open, func(s *spec.MQTTSettings) { s.CAFile = other.File("ca.pem") }), "ca_file"},
		{"wrong host", with(open, func(s *spec.MQTTSettings) { s.ServerName = "" }), "server_name"},
		{"no TLS on the port", good(plain), "mqtts"},
		{"no MQTT on the port", with(open, func(s *spec.MQTTSettings) {
			s.Address, s.CAFile, s.ServerName = brokertest.At("mqtt://"+open.Address), "", ""
		}), "want TLS"},
		{"no such file", with(open, func(s *spec.MQTTSettings) { s.CAFile = ours.File("none.pem") }), "read ca_file"},
		{"not a certificate", with(open, func(s *spec.MQTTSettings) { s.CAFile = ours.File("ca.key") }), "holds no certificate"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, err := openMQTT(t, &test.s)
			if test.want != "" {
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Fatalf("error %v, want %q", err, test.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			if err := brokertest.Publish(t, t.Context(), w, mqtt.Message{Topic: "a", Payload: []byte("x"), QoS: 1})[0]; err != nil {
				t.Error(err)
			}
		})
	}
}

// TestMQTTHello checks what the TLS client announces: the name of the host, or server_name, and the
// protocols of alpn.
func TestMQTTHello(t *testing.T) {
	ours := brokertest.NewAuthority(t, "ours")
	ours.Issue("server", "broker.lab", "localhost")
	pair, err := tls.LoadX509KeyPair(ours.File("server.pem"), ours.File("server.key"))
	if err != nil {
		t.Fatal(err)
	}
	hellos := make(chan *tls.ClientHelloInfo, 1)
	l, err := tls.Listen("tcp", "localhost:0", &tls.Config{
		Certificates: []tls.Certificate{pair}, NextProtos: []string{"mqtt"},
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) { hellos <- hello; return nil, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	behind := brokertest.StartMosquitto(t).Address
	go func() {
		for {
			here, err := l.Accept()
			if err != nil {
				return
			}
			if there, err := net.Dial("tcp", behind); err == nil {
				go passOn(here, there)
			}
		}
	}()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	for _, test := range []struct {
		serverName string
		alpn       []string
		wantName   string
	}{
		{"", nil, "localhost"}, {"broker.lab", []string{"mqtt"}, "broker.lab"},
	} {
		w := mustOpenMQTT(t, &spec.MQTTSettings{
			Address: brokertest.At("mqtts://localhost:" + port), CAFile: ours.File("ca.pem"), ServerName: test.serverName, ALPN: test.alpn,
		})
		if hello := <-hellos; hello.ServerName != test.wantName || !slices.Equal(hello.SupportedProtos, test.alpn) {
			t.Errorf("%+v: it asked for %q with %q", test, hello.ServerName, hello.SupportedProtos)
		}
		w.Close()
	}
}

// TestKeyFileIsNotShown checks that an error about key_file does not show its name: it is always sensitive, because
// it may be the key itself.
func TestKeyFileIsNotShown(t *testing.T) {
	ours := brokertest.NewAuthority(t, "ours")
	ours.Issue("client")
	for _, key := range []string{"hunter2.key", "-----BEGIN PRIVATE KEY-----\nhunter2\n", ours.File("client.pem")} {
		_, err := openMQTT(t, &spec.MQTTSettings{
			Address: brokertest.At("mqtts://127.0.0.1:1"), CertFile: ours.File("client.pem"), KeyFile: key,
		})
		if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "key_file") {
			t.Errorf("%v", err)
		}
	}
}
