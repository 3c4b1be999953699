package broker_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/retainctl/retainctl/broker"
	"github.com/retainctl/retainctl/broker/brokertest"
	"github.com/retainctl/retainctl/embedded/server"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
)

func TestContractOverUnixSocket(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "mqtt.sock")
	brokertest.StartMosquitto(t, "listener 0 "+socket, "allow_anonymous true")
	brokertest.Run(t, func(t *testing.T) broker.Writer {
		w := mustOpenMQTT(t, &spec.MQTTSettings{Address: brokertest.At("unix://" + socket)})
		if i := w.Info(); i.Identity != "mqtt:"+socket || i.Address != "unix://"+socket {
			t.Errorf("%q at %q", i.Identity, i.Address)
		}
		return w
	})
}

// webFront accepts WebSockets at path and passes their bytes on to a broker, because Debian's
// mosquitto is built without them.
func webFront(t *testing.T, path, behind string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
		ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"mqtt"}})
		if err != nil {
			t.Error(err)
			return
		}
		defer ws.CloseNow()
		if ws.Subprotocol() != "mqtt" {
			t.Errorf("the client asked for no subprotocol mqtt (MQTT-6.0.0-3)")
		}
		there, err := net.Dial("tcp", behind)
		if err != nil {
			return
		}
		passOn(websocket.NetConn(context.Background(), ws, websocket.MessageBinary), there)
	})
	return mux
}

// passOn copies in both directions until one side ends.
func passOn(here, there net.Conn) {
	ended := make(chan struct{}, 2)
	pass := func(to, from net.Conn) {
		buf := make([]byte, 32<<10)
		for {
			n, err := from.Read(buf)
			if _, failed := to.Write(buf[:n]); failed != nil || err != nil {
				ended <- struct{}{}
				return
			}
		}
	}
	go pass(here, there)
	go pass(there, here)
	<-ended
	here.Close()
	there.Close()
	<-ended
}

func TestContractOverWebSocket(t *testing.T) {
	t.Parallel()
	m := brokertest.StartMosquitto(t)
	web := httptest.NewServer(webFront(t, "/mqtt", m.Address))
	t.Cleanup(web.Close)
	address := web.Listener.Addr().String()
	brokertest.Run(t, func(t *testing.T) broker.Writer {
		w := mustOpenMQTT(t, &spec.MQTTSettings{Address: brokertest.At("ws://" + address)})
		if i := w.Info(); i.Identity != "mqtt:"+address || i.Address != "ws://"+address+"/mqtt" {
			t.Errorf("%q at %q", i.Identity, i.Address)
		}
		return w
	})
	_, err := openMQTT(t, &spec.MQTTSettings{Address: brokertest.At("ws://" + address + "/elsewhere")})
	if err == nil || !strings.Contains(err.Error(), `"404 Not Found" to a WebSocket at /elsewhere (is the path right`) {
		t.Errorf("at another path: %v", err)
	}
}

func TestSecureWebSocket(t *testing.T) {
	t.Parallel()
	ours := brokertest.NewAuthority(t, "ours")
	ours.Issue("server", "broker.lab")
	pair, err := tls.LoadX509KeyPair(ours.File("server.pem"), ours.File("server.key"))
	if err != nil {
		t.Fatal(err)
	}
	m := brokertest.StartMosquitto(t)
	web := httptest.NewUnstartedServer(webFront(t, "/b/mqtt", m.Address))
	web.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	web.StartTLS()
	t.Cleanup(web.Close)
	address := web.Listener.Addr().String()
	s := spec.MQTTSettings{Address: brokertest.At("wss://" + address + "/b/mqtt"), CAFile: ours.File("ca.pem"), ServerName: "broker.lab"}
	w := mustOpenMQTT(t, &s)
	defer w.Close()
	if want := "mqtt:" + address + "/b/mqtt"; w.Info().Identity != want {
		t.Errorf("identity %q, want %q", w.Info().Identity, want)
	}
	if err := brokertest.Publish(t, t.Context(), w, mqtt.Message{Topic: "a", Payload: []byte("x"), QoS: 1})[0]; err != nil {
		t.Error(err)
	}
	m.Kill()
	if err := brokertest.Publish(t, t.Context(), w, mqtt.Message{Topic: "a", Payload: []byte("x"), QoS: 1})[0]; err == nil {
		t.Error("a dead broker accepted a message")
	}
	s.CAFile = ""
	if _, err := openMQTT(t, &s); err == nil || !strings.Contains(err.Error(), "ca_file") {
		t.Errorf("of an unknown authority: %v", err)
	}
}

// TestMQTTToken sends a token instead of a password, with and without a user name.
func TestMQTTToken(t *testing.T) {
	for _, username := range []string{"", "ann"} {
		address := serveMQTT(t, server.Options{Username: username, Password: "eyJ.t0ken"})
		for _, protocol := range []string{"5", "3.1.1"} {
			s := spec.MQTTSettings{Address: brokertest.At("mqtt://" + address), Username: username, Token: "eyJ.t0ken", Protocol: protocol}
			mustOpenMQTT(t, &s).Close()
			s.Token = "eyJ.stale"
			if _, err := openMQTT(t, &s); err == nil || strings.Contains(err.Error(), "eyJ") {
				t.Errorf("a wrong token: %v", err)
			}
		}
	}
}

// TestMQTTTimeLimit connects to servers that accept the connection and stay silent, at each layer.
func TestMQTTTimeLimit(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, scheme := range []string{"mqtt", "mqtts", "ws", "wss"} {
		began := time.Now()
		_, err := openMQTT(t, &spec.MQTTSettings{Address: brokertest.At(fmt.Sprintf("%s://%s", scheme, l.Addr())), Timeout: 300 * time.Millisecond})
		if err == nil || !strings.Contains(err.Error(), "within 300ms") || !strings.Contains(err.Error(), l.Addr().String()) {
			t.Errorf("%s: %v", scheme, err)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s: it took %s", scheme, took)
		}
	}
}

// TestClientIDTwice lets a second client take over the identifier: the error says so, whether the
// broker says it (ours) or hangs up without a reason (mosquitto).
func TestClientIDTwice(t *testing.T) {
	for address, want := range map[string]string{
		serveMQTT(t, server.Options{}):       `session taken over (0x8E) (another client uses the client_id "same": run one at a time`,
		brokertest.StartMosquitto(t).Address: `closed the connection (does another client use the client_id "same"?)`,
	} {
		s := spec.MQTTSettings{Address: brokertest.At("mqtt://" + address), ClientID: "same", Rate: 200}
		first := mustOpenMQTT(t, &s)
		defer first.Close()
		batch := make([]mqtt.Message, 100)
		for i := range batch {
			batch[i] = mqtt.Message{Topic: fmt.Sprintf("twice/%d", i), Payload: []byte("x"), QoS: 1}
		}
		stop, rival := make(chan struct{}), sync.WaitGroup{}
		rival.Go(func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(5 * time.Millisecond):
				}
				if second, err := openMQTT(t, &s); err == nil {
					defer second.Close()
				}
			}
		})
		errs := brokertest.Publish(t, t.Context(), first, batch...)
		close(stop)
		rival.Wait()
		told := false
		for _, err := range errs {
			told = told || err != nil && strings.Contains(err.Error(), want)
		}
		if !told {
			t.Errorf("%s: the error does not say that another client has the identifier: %v", address, errs[len(errs)-1])
		}
	}
}
