package cli_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/retainctl/retainctl/broker/brokertest"
	"github.com/retainctl/retainctl/cli"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"retainctl": func() { os.Exit(cli.Run(os.Args[1:], system())) },
	})
}

// widthVariable is the environment variable that sets the width of the output in columns.
const widthVariable = "TEST_WIDTH"

// system returns the environment of the running process, with the width that the script sets.
func system() cli.Env {
	env := cli.System()
	if width, err := strconv.Atoi(env.Getenv(widthVariable)); err == nil {
		env.Width = width
	}
	return env
}

// TestScript runs testdata/script/*.txtar, which run the program against real servers. In addition to
// testscript's own commands they have:
//
//	mosquitto [CONFLINE...]   starts mosquitto on a free port, $MQTT
//	serve [FLAG...]           starts "retainctl broker" on free ports, $MQTT and $AWS
//	slow                      puts a slow link before the server started last: $SLOW
//	retained FILTER           prints topic, QoS, payload and properties as mosquitto_sub sees them
//	publish FILE              publishes "TOPIC PAYLOAD" lines with RETAIN, as mosquitto_pub does
//	replace OLD NEW FILE      edits a file
//	s3                        serves an S3 bucket "states" at $S3
//	terraform [-gitlab]       serves Terraform's HTTP protocol at $STATE, to ci:hunter2
//	outage FAULT [METHOD [END [SPARED]]]
//	                          causes a fault of these two; "outage off" ends it
//	request METHOD URL [FILE] sends a file and prints the answer
//	halt [-KILL]              ends the server started last
//	exits N COMMAND [ARG...]  runs a command that must end with this exit status
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		Setup:               setup,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"mosquitto": startMosquitto,
			"serve":     startBroker,
			"slow":      slowLink,
			"halt":      haltServer,
			"publish":   publish,
			"replace":   replace,
			"retained":  retained,
			"exits":     exits,
			"s3":        startS3,
			"terraform": startTerraform,
			"outage":    setOutage,
			"request":   request,
		},
	})
}

// lastServer is the key of the function that ends the server started last.
type lastServer struct{}

func setup(env *testscript.Env) error {
	root, err := filepath.Abs("..")
	if err != nil {
		return err
	}
	env.Values[lastServer{}] = new(func(os.Signal))
	env.Values[outageKey{}] = new(outage)
	env.Setenv(widthVariable, "100000") // lines are not broken, so that a script can match a whole sentence
	env.Setenv("ROOT", root)
	env.Setenv("PATH", env.Getenv("PATH")+":/usr/sbin")
	env.Setenv("AWS_ACCESS_KEY_ID", "test")
	env.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	env.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	return nil
}

// freeAddress returns a loopback address that nobody listens on.
func freeAddress(ts *testscript.TestScript) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	defer ln.Close()
	return ln.Addr().String()
}

func startMosquitto(ts *testscript.TestScript, neg bool, args []string) {
	address := freeAddress(ts)
	host, port, _ := net.SplitHostPort(address)
	conf := fmt.Sprintf("listener %s %s\npersistence false\n", port, host)
	if !strings.Contains(strings.Join(args, "\n"), "allow_anonymous") {
		conf += "allow_anonymous true\n"
	}
	path := ts.MkAbs("mosquitto.conf")
	ts.Check(os.WriteFile(path, []byte(conf+strings.Join(args, "\n")+"\n"), 0o600))
	ts.Setenv("PORT", port)
	start(ts, "MQTT", address, exec.Command("mosquitto", "-c", path))
}

func startBroker(ts *testscript.TestScript, neg bool, args []string) {
	mqtt, aws := ts.Getenv("MQTT"), ts.Getenv("AWS")
	if mqtt == "" || aws == "" { // the second one in a script restarts the same broker
		mqtt, aws = freeAddress(ts), freeAddress(ts)
	}
	self, err := exec.LookPath("retainctl")
	if err != nil {
		self = filepath.Join(strings.SplitN(ts.Getenv("PATH"), ":", 2)[0], "retainctl")
	}
	cmd := exec.Command(self, append([]string{"broker", "-mqtt=" + mqtt, "-aws=" + aws, "-store=" + ts.MkAbs("served.db")}, args...)...)
	_, port, _ := net.SplitHostPort(mqtt)
	ts.Setenv("PORT", port)
	ts.Setenv("AWS", aws)
	start(ts, "MQTT", mqtt, cmd)
}

// start runs a server until the script ends and waits until it listens.
func start(ts *testscript.TestScript, variable, address string, cmd *exec.Cmd) {
	var log strings.Builder
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.Dir = ts.Getenv("WORK")
	if err := cmd.Start(); err != nil {
		ts.Fatalf("start %s: %v (make test installs it)", cmd.Path, err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	end := func(sig os.Signal) {
		cmd.Process.Signal(sig)
		<-exited
		exited <- nil
	}
	ts.Defer(func() { end(os.Kill) })
	ts.Setenv(variable, address)
	*ts.Value(lastServer{}).(*func(os.Signal)) = end
	for deadline := time.Now().Add(15 * time.Second); ; {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			conn.Close()
			return
		}
		select {
		case err := <-exited:
			exited <- err
			ts.Fatalf("%s ended: %v\n%s", cmd.Path, err, log.String())
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s does not listen on %s", cmd.Path, address)
		}
	}
}

func slowLink(ts *testscript.TestScript, neg bool, args []string) {
	// However busy the machine is, mosquitto can hand only a few of 7 MB to the kernel, and has no
	// room for the rest.
	l, err := brokertest.SlowLink(ts.Getenv("MQTT"), 10*time.Millisecond)
	ts.Check(err)
	ts.Defer(func() { l.Close() })
	ts.Setenv("SLOW", l.Addr().String())
}

func haltServer(ts *testscript.TestScript, neg bool, args []string) {
	sig := os.Interrupt
	if len(args) == 1 && args[0] == "-KILL" {
		sig = os.Kill
	}
	(*ts.Value(lastServer{}).(*func(os.Signal)))(sig)
}

// retained prints what mosquitto_sub, an independent client, receives on subscribing. Nothing marks the
// end, so it listens for 1.5 seconds.
func retained(ts *testscript.TestScript, neg bool, args []string) {
	script := `timeout 1.5 mosquitto_sub -h 127.0.0.1 -p "$0" -V 5 -q 2 --retained-only -F "%t q%q %p [%C %P]" -t "$1"; true`
	out, err := exec.Command("sh", "-c", script, ts.Getenv("PORT"), args[0]).Output()
	ts.Check(err)
	ts.Stdout().Write(out)
}

// publish puts messages on the broker with mosquitto_pub, an independent client.
func publish(ts *testscript.TestScript, neg bool, args []string) {
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		topic, payload, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		cmd := exec.Command("mosquitto_pub", "-h", "127.0.0.1", "-p", ts.Getenv("PORT"), "-r", "-q", "1", "-t", topic, "-s")
		cmd.Stdin = strings.NewReader(payload)
		if out, err := cmd.CombinedOutput(); err != nil {
			ts.Fatalf("publish %s: %v\n%s", topic, err, out)
		}
	}
}

func replace(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: replace OLD NEW FILE")
	}
	text := ts.ReadFile(args[2])
	if !strings.Contains(text, args[0]) {
		ts.Fatalf("%s does not contain %q", args[2], args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(strings.ReplaceAll(text, args[0], args[1])), 0o600))
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: exits N COMMAND [ARG...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}
