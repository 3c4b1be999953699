package contract

import (
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/retainctl/retainctl/broker/brokertest"
	"github.com/retainctl/retainctl/spec"
)

const loopback = "127.0.0.1"

func startMosquitto(t *testing.T, config ...string) string {
	return brokertest.StartMosquitto(t, config...).Address
}

// startNATS runs nats-server in this process. MQTT needs a server name and JetStream, where it
// keeps retained messages. Without users everybody may connect.
func startNATS(t *testing.T, users ...*server.User) string {
	port := freePort(t)
	number, _ := strconv.Atoi(port)
	s, err := server.NewServer(&server.Options{
		ServerName: "contract", Host: loopback, Port: server.RANDOM_PORT, NoLog: true, NoSigs: true,
		JetStream: true, StoreDir: t.TempDir(), Users: users,
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

// denied returns a user of NATS who may publish to everything but contract/denied, whose subject is
// this.
func denied(s spec.MQTTSettings) *server.User {
	return &server.User{Username: s.Username, Password: s.Password, Permissions: &server.Permissions{
		Publish: &server.SubjectPermission{Deny: []string{"contract.denied.>"}},
	}}
}

// startRabbitMQ runs RabbitMQ with its MQTT plugin and a separate Erlang port mapper, because the
// one that Erlang starts by default would keep running. Definitions, in JSON, replace its default
// user.
func startRabbitMQ(t *testing.T, definitions string) string {
	const install = "apt-get install rabbitmq-server"
	// The program on the PATH is a wrapper that requires the user rabbitmq.
	path := find(t, install, "/usr/lib/rabbitmq/bin/rabbitmq-server", "rabbitmq-server")
	dir := t.TempDir()
	mapper := startPortMapper(t, install)
	address := net.JoinHostPort(loopback, freePort(t))
	config := fmt.Sprintf("listeners.tcp = none\nmqtt.listeners.tcp.1 = %s\nmqtt.allow_anonymous = true\n", address)
	if definitions != "" {
		config += "load_definitions = " + writeFile(t, filepath.Join(dir, "definitions.json"), definitions) + "\n"
	}
	start(t, program{
		path: path, dir: dir, address: address, within: 3 * time.Minute,
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

// rabbitDenies contains the user that RabbitMQ assigns to an anonymous client, with the password
// "guest", salted and hashed.
const rabbitDenies = `{
	"vhosts": [{"name": "/"}],
	"users": [{"name": "guest", "password_hash": "c2FsdDRwMuw4kgNZhm0cEYx1m4NAR6BCdplxDdFbnDjbRIKq", "hashing_algorithm": "rabbit_password_hashing_sha256", "tags": ""}],
	"permissions": [{"user": "guest", "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"}],
	"topic_permissions": [{"user": "guest", "vhost": "/", "exchange": "amq.topic", "write": "^contract[.]open[.]", "read": ".*"}]
}`

func startPortMapper(t *testing.T, install string) (port string) {
	port = freePort(t)
	start(t, program{
		path: find(t, install, "epmd"), args: []string{"-port", port, "-address", loopback},
		dir: "/", address: net.JoinHostPort(loopback, port), within: 10 * time.Second,
	})
	return port
}

// startEjabberd runs ejabberd in an Erlang machine without a name, which needs no port mapper, and
// without ejabberdctl, which requires the user ejabberd. It accepts publishes to topics that match
// the filter.
func startEjabberd(t *testing.T, publish string) string {
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
      %q:
        - allow
    access_subscribe:
      "#":
        - allow
`, port, loopback, publish)
	start(t, program{
		path: find(t, install, "erl"),
		args: []string{"-noinput", "-mnesia", "dir", strconv.Quote(dir), "-s", "ejabberd"},
		env: []string{
			"HOME=" + dir, "ERL_LIBS=" + filepath.Dir(libraries[0]), "ERL_CRASH_DUMP=" + filepath.Join(dir, "crash.dump"),
			"EJABBERD_CONFIG_PATH=" + writeFile(t, filepath.Join(dir, "ejabberd.yml"), config),
			"EJABBERD_LOG_PATH=" + filepath.Join(dir, "ejabberd.log"),
		},
		dir: dir, address: net.JoinHostPort(loopback, port), within: 3 * time.Minute,
	})
	return net.JoinHostPort(loopback, port)
}

// aedes returns the arguments with which node runs the aedes that scripts/test-brokers-deps.sh
// installed.
func aedes(t *testing.T, args ...string) (node string, all []string) {
	script, _ := filepath.Abs(".cache/node_modules/.bin/aedes")
	node = find(t, "apt-get install nodejs", "node")
	return node, append([]string{find(t, "run scripts/test-brokers-deps.sh", script)}, args...)
}

func startAedes(t *testing.T, args ...string) string {
	port := freePort(t)
	node, all := aedes(t, append([]string{"start", "--host", loopback, "-p", port}, args...)...)
	start(t, program{
		path: node, args: all,
		dir: t.TempDir(), address: net.JoinHostPort(loopback, port), within: 30 * time.Second,
	})
	return net.JoinHostPort(loopback, port)
}

// aedesUser returns a credentials file of a user who may publish to contract/open only.
func aedesUser(t *testing.T, s spec.MQTTSettings) (path string) {
	path = filepath.Join(t.TempDir(), "credentials.json")
	node, all := aedes(t, "--credentials", path, "adduser", s.Username, s.Password, "--authorize-publish", "contract/open/*")
	if output, err := exec.Command(node, all...).CombinedOutput(); err != nil {
		t.Fatalf("aedes adduser: %v\n%s", err, output)
	}
	return path
}
