package main

import (
	"context"
	"fmt"
	"net"
	"os/exec"

	"github.com/eclipse/paho.golang/paho"
	pahov3 "github.com/eclipse/paho.mqtt.golang"
	"github.com/gonzalop/mq"
	"golang.org/x/sync/errgroup"

	"github.com/retainctl/retainctl/broker/client"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/wire"
)

// window is the number of messages in flight if the client leaves that to its caller.
const window = 1000

var payload = make([]byte, 200)

func topic(i int) string { return fmt.Sprintf("b/%03d/dev%06d/config", i%1000, i) }

func ours(version wire.Version) func(context.Context, string, int) error {
	return func(ctx context.Context, address string, n int) error {
		c, err := client.Dial(ctx, client.Options{Address: address, Version: version})
		if err != nil {
			return err
		}
		defer c.Close()
		batch := make([]mqtt.Message, n)
		for i := range batch {
			batch[i] = mqtt.Message{Topic: topic(i), Payload: payload, QoS: 1}
		}
		var failed error
		c.Publish(ctx, batch, func(_ int, err error) {
			if err != nil {
				failed = err
			}
		})
		return failed
	}
}

func readBack(ctx context.Context, address string, n int) error {
	c, err := client.Dial(ctx, client.Options{Address: address})
	if err != nil {
		return err
	}
	defer c.Close()
	topics := make([]string, n)
	for i := range topics {
		topics[i] = topic(i)
	}
	seen, err := c.Read(ctx, topics)
	if err == nil && len(seen.Live) != n {
		err = fmt.Errorf("%d of %d were read back", len(seen.Live), n)
	}
	return err
}

func gonzalop(ctx context.Context, address string, n int) error {
	c, err := mq.DialContext(ctx, "tcp://"+address, mq.WithClientID("bench"), mq.WithProtocolVersion(5), mq.WithAutoReconnect(false))
	if err != nil {
		return err
	}
	defer c.Disconnect(ctx)
	tokens := make(chan mq.Token, window)
	var all errgroup.Group
	all.Go(func() error {
		for t := range tokens {
			if err := t.Wait(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	for i := range n {
		tokens <- c.Publish(ctx, topic(i), payload, mq.WithQoS(1), mq.WithRetain(true))
	}
	close(tokens)
	return all.Wait()
}

// pahoV5 publishes from as many goroutines as mosquitto's Receive Maximum: more make it slower.
func pahoV5(goroutines int) func(context.Context, string, int) error {
	return func(ctx context.Context, address string, n int) error {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return err
		}
		c := paho.NewClient(paho.ClientConfig{Conn: conn})
		if _, err := c.Connect(ctx, &paho.Connect{ClientID: "bench", CleanStart: true, KeepAlive: 30}); err != nil {
			return err
		}
		defer c.Disconnect(&paho.Disconnect{})
		var all errgroup.Group
		for g := range goroutines {
			all.Go(func() error {
				for i := g; i < n; i += goroutines {
					if _, err := c.Publish(ctx, &paho.Publish{Topic: topic(i), Payload: payload, QoS: 1, Retain: true}); err != nil {
						return err
					}
				}
				return nil
			})
		}
		return all.Wait()
	}
}

func pahoV3(_ context.Context, address string, n int) error {
	c := pahov3.NewClient(pahov3.NewClientOptions().AddBroker("tcp://" + address).SetClientID("bench").SetProtocolVersion(4))
	if t := c.Connect(); t.Wait() && t.Error() != nil {
		return t.Error()
	}
	defer c.Disconnect(100)
	tokens := make(chan pahov3.Token, window)
	var all errgroup.Group
	all.Go(func() error {
		for t := range tokens {
			if t.Wait(); t.Error() != nil {
				return t.Error()
			}
		}
		return nil
	})
	for i := range n {
		tokens <- c.Publish(topic(i), 1, true, payload)
	}
	close(tokens)
	return all.Wait()
}

func mosquittoPub(ctx context.Context, address string, n int) error {
	host, port, _ := net.SplitHostPort(address)
	for i := range n {
		if err := exec.CommandContext(ctx, "mosquitto_pub", "-h", host, "-p", port, "-V", "5", "-q", "1", "-r", "-t", topic(i), "-m", string(make200())).Run(); err != nil {
			return err
		}
	}
	return nil
}

// make200 returns a payload that can be written on a command line.
func make200() []byte { return fmt.Appendf(nil, "%200d", 0) }
