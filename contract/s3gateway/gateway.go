// Package s3gateway runs versitygw, an S3 gateway over a folder, for tests that need an S3 that is
// not ours. It supports conditional writes and deletes as AWS does, with one exception: it checks
// the condition of a delete before it deletes, and not in the same step.
//
// Its use:
//
//	gw := s3gateway.Start(t)
//	block := gw.Backend(gw.Bucket(t), "fleet.json")  // HCL, for a retainctl block
//	cmd.Env = append(os.Environ(), gw.Env()...)       // the credentials
package s3gateway

import (
	"bytes"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/retainctl/retainctl/spec"
)

const (
	region    = "eu-west-1"
	accessKey = "retainctl"
	secretKey = "a-secret-of-the-tests"
)

// Gateway is a running versitygw.
type Gateway struct {
	Address string // HOST:PORT
	dir     string
	cmd     *exec.Cmd
	output  bytes.Buffer
	exited  chan struct{}
	next    int
}

// Start starts a gateway over a folder of the test. It ends with the test.
func Start(t testing.TB) *Gateway {
	t.Helper()
	port, err := freeAddress()
	if err != nil {
		t.Fatal(err)
	}
	g := &Gateway{Address: port, dir: t.TempDir()}
	for _, dir := range []string{g.data(), g.sidecar()} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	g.Restart(t)
	t.Cleanup(g.Stop)
	return g
}

// data holds the buckets, and sidecar their metadata, because not every file system has extended
// attributes.
func (g *Gateway) data() string    { return filepath.Join(g.dir, "data") }
func (g *Gateway) sidecar() string { return filepath.Join(g.dir, "sidecar") }

// Restart starts the gateway at its address again, after Stop.
func (g *Gateway) Restart(t testing.TB) {
	t.Helper()
	g.cmd = exec.Command(program(t), "--port", g.Address, "--access", accessKey, "--secret", secretKey, "--region", region, "--quiet",
		"posix", "--sidecar", g.sidecar(), g.data())
	g.cmd.Stdout, g.cmd.Stderr = &g.output, &g.output
	g.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := g.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	g.exited = make(chan struct{})
	go func() { g.cmd.Wait(); close(g.exited) }()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if conn, err := net.Dial("tcp", g.Address); err == nil {
			conn.Close()
			return
		}
		select {
		case <-g.exited:
			t.Fatalf("versitygw ended:\n%s", g.output.String())
		default:
		}
	}
	t.Fatalf("versitygw does not listen on %s", g.Address)
}

// Stop kills the gateway. Its store does not answer until Restart.
func (g *Gateway) Stop() {
	g.cmd.Process.Kill()
	<-g.exited
}

// program returns the path of versitygw, which is a tool of the module: go test builds it once,
// which takes a minute or two.
func program(t testing.TB) string {
	t.Helper()
	cmd := exec.Command("go", "tool", "-n", "versitygw")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("build versitygw: %v", err)
	}
	return strings.TrimSpace(string(out))
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// Bucket creates a bucket and returns its name. A bucket is a folder.
func (g *Gateway) Bucket(t testing.TB) string {
	t.Helper()
	g.next++
	name := fmt.Sprintf("states-%d", g.next)
	if err := os.Mkdir(filepath.Join(g.data(), name), 0o755); err != nil {
		t.Fatal(err)
	}
	return name
}

// Env returns environment variables that set the credentials and hide those of the machine.
func (g *Gateway) Env() []string {
	return []string{
		"AWS_ACCESS_KEY_ID=" + accessKey, "AWS_SECRET_ACCESS_KEY=" + secretKey, "AWS_SESSION_TOKEN=",
		"AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
	}
}

// Settings returns the settings of a store in the bucket.
func (g *Gateway) Settings(bucket, key string) spec.S3Settings {
	return spec.S3Settings{
		Bucket: bucket, Key: key, Region: region, UsePathStyle: true, LockLease: time.Minute,
		Endpoint: &url.URL{Scheme: "http", Host: g.Address},
	}
}

// Backend returns the backend block of a store in the bucket. Further lines are added to the block.
func (g *Gateway) Backend(bucket, key string, further ...string) string {
	return Backend(g.Address, bucket, key, further...)
}

// Backend returns the backend block of a store at another address, such as that of a proxy in front
// of a gateway.
func Backend(address, bucket, key string, further ...string) string {
	return fmt.Sprintf("backend \"s3\" {\n  bucket = %q\n  key = %q\n  region = %q\n  endpoint = \"http://%s\"\n  use_path_style = true\n%s\n}\n",
		bucket, key, region, address, strings.Join(further, "\n"))
}
