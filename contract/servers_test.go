package contract

import (
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/retainctl/retainctl/broker/brokertest"
)

const loopback = "127.0.0.1"

func startMosquitto(t *testing.T) string { return brokertest.StartMosquitto(t).Address }

// startNATS runs nats-server in this process. MQTT needs a server name and
// JetStream, where it keeps retained messages.
func startNATS(t *testing.T) string {
	port := freePort(t)
	number, _ := strconv.Atoi(port)
	s, err := server.NewServer(&server.Options{
		ServerName: "contract", Host: loopback, Port: server.RANDOM_PORT, NoLog: true, NoSigs: true,
		JetStream: true, StoreDir: t.TempDir(),
		MQTT: server.MQTTOpts{Host: loopback, Port: number},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("nats-server takes no connections")
	}
	return net.JoinHostPort(loopback, port)
}

// startRabbitMQ runs RabbitMQ with its MQTT plugin, and with an Erlang port
// mapper of its own, since the one that Erlang starts by itself would stay.
func startRabbitMQ(t *testing.T) string {
	const install = "apt-get install rabbitmq-server"
	// The one on the PATH is a wrapper that insists on the user rabbitmq.
	path := find(t, install, "/usr/lib/rabbitmq/bin/rabbitmq-server", "rabbitmq-server")
	dir := t.TempDir()
	mapper := startPortMapper(t, install)
	address := net.JoinHostPort(loopback, freePort(t))
	config := fmt.Sprintf("listeners.tcp = none\nmqtt.listeners.tcp.1 = %s\nmqtt.allow_anonymous = true\n", address)
	start(t, program{
		path: path, dir: dir, address: address, within: time.Minute,
		env: []string{
			"HOME=" + dir, // the Erlang cookie
			"ERL_EPMD_ADDRESS=" + loopback, "ERL_EPMD_PORT=" + mapper,
			"RABBITMQ_NODENAME=contract@localhost", "RABBITMQ_DIST_PORT=" + freePort(t),
			"RABBITMQ_CONF_ENV_FILE=" + writeFile(t, filepath.Join(dir, "env.conf"), ""),
			"RABBITMQ_CONFIG_FILE=" + writeFile(t, filepath.Join(dir, "rabbitmq.conf"), config),
			"RABBITMQ_ADVANCED_CONFIG_FILE=" + writeFile(t, filepath.Join(dir, "advanced.config"), "[].\n"),
			"RABBITMQ_ENABLED_PLUGINS_FILE=" + writeFile(t, filepath.Join(dir, "plugins"), "[rabbitmq_mqtt].\n"),
			"RABBITMQ_MNESIA_BASE=" + dir, "RABBITMQ_LOG_BASE=" + dir, "RABBITMQ_LOGS=-",
			"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-kernel inet_dist_use_interface {127,0,0,1}",
		},
	})
	return address
}

func startPortMapper(t *testing.T, install string) (port string) {
	port = freePort(t)
	start(t, program{
		path: find(t, install, "epmd"), args: []string{"-port", port, "-address", loopback},
		dir: "/", address: net.JoinHostPort(loopback, port), within: 10 * time.Second,
	})
	return port
}

// startEjabberd runs ejabberd in an Erlang machine without a name, so that it
// needs no port mapper, and without ejabberdctl, which insists on the user
// ejabberd.
func startEjabberd(t *testing.T) string {
	const install = "apt-get install ejabberd"
	libraries, _ := filepath.Glob("/usr/lib/*/ejabberd-*")
	if len(libraries) == 0 {
		t.Fatalf("this test needs ejabberd, and it is missing: %s", install)
	}
	dir, port := t.TempDir(), freePort(t)
	config := fmt.Sprintf(`hosts: [localhost]
loglevel: warning
auth_method: anonymous
allow_multiple_connections: true
anonymous_protocol: login_anon
listen:
  - port: %s
    ip: %s
    module: mod_mqtt
    backlog: 100
modules:
  mod_mqtt:
    access_publish:
      "#":
        - allow
    access_subscribe:
      "#":
        - allow
`, port, loopback)
	start(t, program{
		path: find(t, install, "erl"),
		args: []string{"-noinput", "-mnesia", "dir", strconv.Quote(dir), "-s", "ejabberd"},
		env: []string{
			"HOME=" + dir, "ERL_LIBS=" + filepath.Dir(libraries[0]), "ERL_CRASH_DUMP=" + filepath.Join(dir, "crash.dump"),
			"EJABBERD_CONFIG_PATH=" + writeFile(t, filepath.Join(dir, "ejabberd.yml"), config),
			"EJABBERD_LOG_PATH=" + filepath.Join(dir, "ejabberd.log"),
		},
		dir: dir, address: net.JoinHostPort(loopback, port), within: time.Minute,
	})
	return net.JoinHostPort(loopback, port)
}

// startAedes runs what scripts/test-brokers-deps.sh installed.
func startAedes(t *testing.T) string {
	const install = "run scripts/test-brokers-deps.sh"
	script, _ := filepath.Abs(".cache/node_modules/.bin/aedes")
	port := freePort(t)
	start(t, program{
		path: find(t, "apt-get install nodejs", "node"),
		args: []string{find(t, install, script), "start", "--host", loopback, "-p", port},
		dir:  t.TempDir(), address: net.JoinHostPort(loopback, port), within: 30 * time.Second,
	})
	return net.JoinHostPort(loopback, port)
}
