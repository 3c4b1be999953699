package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"

	"golang.org/x/sync/errgroup"

	"github.com/retainctl/retainctl/embedded/server"
	"github.com/retainctl/retainctl/embedded/store"
	"github.com/retainctl/retainctl/folder"
	"github.com/retainctl/retainctl/mqtt"
)

// usualStore is the file that holds the messages if no flag names another.
const usualStore = ".retainctl/broker.db"

// brokerFlags are the flags of the embedded broker as a server.
type brokerFlags struct {
	mqtt, aws, store   string
	rate               float64
	quota              int
	deny               []string
	username, password string
}

func brokerCommand() command {
	return command{
		name: "broker", brief: "serve the embedded broker over MQTT and as the AWS IoT data plane",
		about: `Serves one store of retained messages on two ports: MQTT 3.1.1 and 5, and the AWS IoT data plane's ` +
			`Publish, GetRetainedMessage and ListRetainedMessages over HTTP, with AWS's limits and errors. Its ` +
			`flags set the limits of an account, so that a change can be tried before it reaches the account.

It listens until it is interrupted. The signatures of AWS requests are not checked: listen on a loopback address.`,
		define: func(fs *flags) runFunc {
			var f brokerFlags
			fs.StringVar(&f.mqtt, "mqtt", "127.0.0.1:1883", "`address` of the MQTT port; an empty one serves no MQTT")
			fs.StringVar(&f.aws, "aws", "127.0.0.1:8083", "`address` of the AWS data plane; an empty one serves none")
			fs.StringVar(&f.store, "store", usualStore, "`path` of the file that holds the messages")
			fs.Func("rate", "refuse publishes above this `number` a second; 0 refuses none", func(v string) (err error) {
				if f.rate, err = strconv.ParseFloat(v, 64); err != nil || !(f.rate >= 0) {
					return errors.New("write a number, 0 or more")
				}
				return nil
			})
			fs.natural(&f.quota, "quota", "retain at most this `number` of messages; 0 sets no limit")
			fs.Func("deny", "refuse publishes to topics that match this `filter`; may be repeated", func(v string) error {
				f.deny = append(f.deny, v)
				return mqtt.CheckFilter(v)
			})
			fs.StringVar(&f.username, "username", "", "ask MQTT clients for this `name`")
			fs.StringVar(&f.password, "password", "",
				"ask MQTT clients for this `password`; RETAINCTL_BROKER_PASSWORD keeps it out of the process list")
			return func(ctx context.Context, s *session, args []string) (int, error) {
				if err := noArguments(args); err != nil {
					return 0, err
				}
				return runBroker(ctx, s, &f)
			}
		},
	}
}

// runBroker listens on both ports until ctx ends. An interruption is its usual end and counts as
// success.
func runBroker(ctx context.Context, s *session, f *brokerFlags) (int, error) {
	if f.password == "" {
		f.password = s.Getenv("RETAINCTL_BROKER_PASSWORD")
	}
	at := s.named(f.store)
	if f.store == usualStore { // no flag names it
		at = folder.Below(s.Dir, usualStore)
	}
	messages, err := store.OpenFile(at, store.Options{})
	if err != nil {
		return 0, err
	}
	defer messages.Close()
	b := server.New(server.Options{
		Store: messages, Version: "retainctl broker " + Version, Deny: f.deny, PublishRate: f.rate, Quota: f.quota,
		Username: f.username, Password: f.password, Log: s.log,
	})
	defer b.Close()
	ports, err := listenAll([]port{
		{name: "MQTT 3.1.1 and 5", address: f.mqtt, serve: b.Serve},
		{name: "AWS IoT data plane", address: f.aws, serve: func(ctx context.Context, ln net.Listener) error {
			return ServeHTTP(ctx, ln, b.AWSHandler())
		}},
	})
	if err != nil {
		return 0, err
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, p := range ports {
		fmt.Fprintf(s.Stderr, "%s on %s\n", p.name, p.listener.Addr())
		group.Go(func() error {
			defer p.listener.Close()
			return p.serve(ctx, p.listener)
		})
	}
	fmt.Fprintf(s.Stderr, "Messages are kept in %s. Interrupt to stop.\n", s.path(f.store))
	return exitDone, group.Wait()
}
