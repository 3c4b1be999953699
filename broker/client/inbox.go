package client

import (
	"sync"
	"time"

	"github.com/retainctl/retainctl/mqtt/wire"
)

// inboxBytes bounds what an inbox holds. A call takes packets as they come, so no broker that sends
// what it was asked for comes near it.
const inboxBytes = 256 << 20

// inbox holds what the broker sent until a call takes it. It never makes the reader wait: a reader that
// stops reading makes brokers drop messages. A broker that fills it is hung up on.
type inbox struct {
	mu      sync.Mutex
	packets []wire.Packet
	bytes   int
	err     error
	wake    chan struct{}
}

// put adds a packet with a body of size bytes, and returns how many bytes the inbox now holds.
func (in *inbox) put(p wire.Packet, size int) int {
	in.mu.Lock()
	in.packets = append(in.packets, p)
	in.bytes += size + packetOverhead
	held := in.bytes
	in.mu.Unlock()
	in.signal()
	return held
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
	in.packets, in.bytes = nil, 0
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
