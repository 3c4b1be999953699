// Command clients makes the measurements behind the choice of an MQTT client: how fast each
// publishes retained messages of QoS 1 and 200 bytes to different topics of a new mosquitto with
// its default limits.
//
// It is a separate module, so that the clients that were not chosen stay out of the program's
// dependencies. Run it in this folder:
//
//	go run . [-n 100000] [-runs 3]
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// method publishes n messages to the broker at an address. It returns when all of them are
// acknowledged.
type method struct {
	name string
	n    int // size of a sample, if all messages would take too long; 0: all
	run  func(ctx context.Context, address string, n int) error
}

func main() {
	n := flag.Int("n", 100_000, "messages in a run")
	runs := flag.Int("runs", 3, "runs, of which the median counts")
	flag.Parse()
	methods := []method{
		{"broker/client, MQTT 5", 0, ours(5)},
		{"broker/client, MQTT 3.1.1", 0, ours(4)},
		{"gonzalop/mq v0.9.9", 0, gonzalop},
		{"paho.golang v0.23.0, 20 goroutines", 0, pahoV5(20)},
		{"paho.mqtt.golang v1.5.1", 0, pahoV3},
		{"mosquitto_pub in a loop", 300, mosquittoPub},
		{"broker/client, exact read-back", 0, readBack},
	}
	for _, m := range methods {
		if m.n == 0 {
			m.n = *n
		}
		var rates []float64
		for range *runs {
			rate, err := measure(m)
			if err != nil {
				fmt.Fprintf(os.Stderr, "%s: %v\n", m.name, err)
				os.Exit(1)
			}
			rates = append(rates, rate)
		}
		slices.Sort(rates)
		fmt.Printf("%-36s %8.0f messages/s (%.0f to %.0f, %d messages)\n",
			m.name, rates[len(rates)/2], rates[0], rates[len(rates)-1], m.n)
	}
}

// measure returns the messages per second with a new broker.
func measure(m method) (float64, error) {
	address, stop, err := startMosquitto()
	if err != nil {
		return 0, err
	}
	defer stop()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	if m.name == "broker/client, exact read-back" {
		if err := ours(5)(ctx, address, m.n); err != nil {
			return 0, err
		}
	}
	begin := time.Now()
	err = m.run(ctx, address, m.n)
	return float64(m.n) / time.Since(begin).Seconds(), err
}

func startMosquitto() (address string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	address = l.Addr().String()
	l.Close()
	dir, err := os.MkdirTemp("", "clients")
	if err != nil {
		return "", nil, err
	}
	_, port, _ := net.SplitHostPort(address)
	file := filepath.Join(dir, "mosquitto.conf")
	config := "user root\nlistener " + port + " 127.0.0.1\nallow_anonymous true\nlog_dest none\n"
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		return "", nil, err
	}
	cmd := exec.Command("mosquitto", "-c", file)
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() { cmd.Process.Kill(); cmd.Wait(); os.RemoveAll(dir) }
	for range 1000 {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return address, stop, nil
		}
		time.Sleep(5 * time.Millisecond)
	}
	stop()
	return "", nil, fmt.Errorf("mosquitto does not listen on %s", address)
}
