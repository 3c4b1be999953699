package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// port is one of the addresses that the broker serves.
type port struct {
	name, address string
	serve         func(context.Context, net.Listener) error
	listener      net.Listener
}

// listenAll listens on every port that has an address. If one of them fails, it closes the others,
// so that a broker that is about to fail serves nobody.
func listenAll(wanted []port) (open []port, err error) {
	for _, p := range wanted {
		if p.address == "" {
			continue
		}
		if p.listener, err = net.Listen("tcp", p.address); err != nil {
			for _, o := range open {
				o.listener.Close()
			}
			return nil, failure("Cannot listen", fmt.Sprintf("Cannot listen on %s for %s: %s.", p.address, p.name, err))
		}
		open = append(open, p)
	}
	if len(open) == 0 {
		return nil, failure("Nothing to serve", "Both -mqtt and -aws are empty.")
	}
	return open, nil
}

// ServeHTTP serves until ctx ends. Then it gives running requests one second to finish.
func ServeHTTP(ctx context.Context, ln net.Listener, handler http.Handler) error {
	// The timeouts close the connection of a client that stops in the middle of a request.
	srv := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second}
	stopped := context.AfterFunc(ctx, func() {
		grace, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		srv.Shutdown(grace)
	})
	defer stopped()
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
