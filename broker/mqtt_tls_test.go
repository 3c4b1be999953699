package broker_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
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

// authority issues certificates for one test.
type authority struct {
	t    *testing.T
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T, name string) *authority {
	a := &authority{t: t, dir: t.TempDir()}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	a.cert, a.key = a.sign("ca", template, nil, nil)
	return a
}

func (a *authority) file(name string) string { return filepath.Join(a.dir, name) }

// sign writes NAME.pem and NAME.key; without a parent the certificate is its own.
func (a *authority) sign(name string, template, parent *x509.Certificate, by *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	if parent == nil {
		parent, by = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, by)
	if err != nil {
		a.t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{
		name + ".pem": {Type: "CERTIFICATE", Bytes: der}, name + ".key": {Type: "EC PRIVATE KEY", Bytes: keyDER},
	} {
		if err := os.WriteFile(a.file(file), pem.EncodeToMemory(block), 0o644); err != nil {
			a.t.Fatal(err)
		}
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert, key
}

// issue writes a certificate for hosts, or of a client where there are none.
func (a *authority) issue(name string, hosts ...string) {
	a.issueUntil(time.Now().Add(time.Hour), name, hosts...)
}

func (a *authority) issueUntil(end time.Time, name string, hosts ...string) {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotBefore: end.Add(-2 * time.Hour), NotAfter: end,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, h)
		}
	}
	a.sign(name, template, a.cert, a.key)
}

func TestMQTTOverTLS(t *testing.T) {
	ours, other := newAuthority(t, "ours"), newAuthority(t, "other")
	ours.issue("server", "broker.lab")
	ours.issue("client")
	ours.issueUntil(time.Now().Add(-time.Minute), "old", "broker.lab")
	other.issue("stranger")
	serves := func(name string) []string {
		return []string{"allow_anonymous true", "cafile " + ours.file("ca.pem"), "certfile " + ours.file(name+".pem"), "keyfile " + ours.file(name+".key")}
	}
	listener := serves("server")
	expired := brokertest.StartMosquitto(t, serves("old")...)
	open := brokertest.StartMosquitto(t, listener...)
	mutual := brokertest.StartMosquitto(t, append(listener, "require_certificate true")...)
	plain := brokertest.StartMosquitto(t)
	good := func(m *brokertest.Mosquitto) spec.MQTTSettings {
		return spec.MQTTSettings{Address: brokertest.At("mqtts://" + m.Address), CAFile: ours.file("ca.pem"), ServerName: "broker.lab", Timeout: 5 * time.Second}
	}
	with := func(m *brokertest.Mosquitto, change func(*spec.MQTTSettings)) spec.MQTTSettings {
		s := good(m)
		change(&s)
		return s
	}
	for _, test := range []struct {
		name string
		s    spec.MQTTSettings
		want string // in the error; "" for none
	}{
		{"trusted", good(open), ""},
		{"ALPN", with(open, func(s *spec.MQTTSettings) { s.ALPN = []string{"mqtt"} }), ""},
		{"client certificate", with(mutual, func(s *spec.MQTTSettings) { s.CertFile, s.KeyFile = ours.file("client.pem"), ours.file("client.key") }), ""},
		{"no client certificate", good(mutual), "ask for a client certificate, cert_file and key_file"},
		{"client certificate of another authority", with(mutual, func(s *spec.MQTTSettings) {
			s.CertFile, s.KeyFile = other.file("stranger.pem"), other.file("stranger.key")
		}), "client certificate, cert_file and key_file"},
		{"expired certificate", good(expired), "out of date: renew it"},
		{"wrong authority", with(open, func(s *spec.MQTTSettings) { s.CAFile = other.file("ca.pem") }), "ca_file"},
		{"wrong host", with(open, func(s *spec.MQTTSettings) { s.ServerName = "" }), "server_name"},
		{"no TLS on the port", good(plain), "mqtts"},
		{"no MQTT on the port", with(open, func(s *spec.MQTTSettings) {
			s.Address, s.CAFile, s.ServerName = brokertest.At("mqtt://"+open.Address), "", ""
		}), "want TLS"},
		{"no such file", with(open, func(s *spec.MQTTSettings) { s.CAFile = ours.file("none.pem") }), "read ca_file"},
		{"not a certificate", with(open, func(s *spec.MQTTSettings) { s.CAFile = ours.file("ca.key") }), "holds no certificate"},
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
