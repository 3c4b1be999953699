package client

import (
	"sync"
	"time"

	"github.com/retainctl/retainctl/mqtt/wire"
)

// inbox holds what the broker sent until a call takes it. It has no limit on purpose: a reader that
// stops reading makes brokers drop messages, and what it can hold is bounded by what a call asked
// for.
type inbox struct {
	mu      sync.Mutex
	packets []wire.Packet
	err     error
	wake    chan struct{}
}

func (in *inbox) put(p wire.Packet) {
	in.mu.Lock()
	in.packets = append(in.packets, p)
	in.mu.Unlock()
	in.signal()
}

// end records why nothing more will come, unless a reason is already known.
func (in *inbox) end(err error) {
	in.mu.Lock()
	if in.err == nil {
		in.err = err
	}
	in.mu.Unlock()
	in.signal()
}

func (in *inbox) signal() {
	select {
	case in.wake <- struct{}{}:
	default:
	}
}

func (in *inbox) failure() error {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.err
}

// take returns all that has come, and an error once there is nothing more.
func (in *inbox) take() ([]wire.Packet, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	packets := in.packets
	in.packets = nil
	if len(packets) == 0 {
		return nil, in.err
	}
	return packets, nil
}

// wait waits until something has come, stop is closed or the time is reached. It returns what has
// come, in the latter two cases nothing.
func (in *inbox) wait(stop <-chan struct{}, until time.Time) ([]wire.Packet, error) {
	if packets, err := in.take(); len(packets) > 0 || err != nil {
		return packets, err
	}
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	for {
		select {
		case <-in.wake:
			if packets, err := in.take(); len(packets) > 0 || err != nil {
				return packets, err
			}
		case <-stop:
			return nil, nil
		case <-timer.C:
			return nil, nil
		}
	}
}
