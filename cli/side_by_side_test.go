package cli_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/retainctl/retainctl/broker/brokertest"
	"github.com/retainctl/retainctl/mqtt/wire"
)

// TestBrokersAreReadSideBySide lets neither of two brokers answer before both have been asked.
func TestBrokersAreReadSideBySide(t *testing.T) {
	m := brokertest.StartMosquitto(t)
	var asked sync.WaitGroup
	asked.Add(2)
	both := make(chan struct{})
	go func() { asked.Wait(); close(both) }()
	waiting := func() string {
		var once sync.Once
		return brokertest.StartProxy(t, m.Address, func(p *brokertest.Passing) brokertest.Verdict {
			s, ok := p.Decode().(*wire.Subscribe)
			if !ok || !strings.HasPrefix(s.Subscriptions[0].Filter, "side/") {
				return brokertest.Pass
			}
			once.Do(asked.Done)
			select {
			case <-both:
			case <-time.After(5 * time.Second):
				t.Error("one broker is read after the other")
			}
			return brokertest.Pass
		})
	}
	dir, text := t.TempDir(), ""
	for _, name := range []string{"one", "two"} {
		text += fmt.Sprintf("broker \"mqtt\" %q { url = \"mqtt://%s\" }\nmessage %[1]q {\n broker = broker.%[1]s\n topic = \"side/%[1]s\"\n payload = \"x\"\n}\n", name, waiting())
	}
	write(t, filepath.Join(dir, "main.retain.hcl"), []byte(text))
	if out, code := retainctl(dir, "plan"); code != 0 {
		t.Errorf("exit status %d\n%s", code, out)
	}
}
