package broker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/retainctl/retainctl/embedded/store"
	"github.com/retainctl/retainctl/folder"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
)

// embeddedBatch is how many messages share a transaction, and so an fsync.
const embeddedBatch = 500

// embedded is the broker in a file, used directly, without a port or protocol. A plan opens the
// file only for the time of each read, and never creates it. The first publish opens it for writing
// and keeps it open until Close.
type embedded struct {
	at  folder.File
	id  string
	now func() time.Time

	mu      sync.Mutex
	writing *store.Store
}

// openEmbedded opens the broker of an embedded block. The file need not exist: its id is known
// before it is created.
func openEmbedded(_ context.Context, _ string, s *spec.EmbeddedSettings, o Options) (Writer, error) {
	e := &embedded{at: folder.Below(s.Root, s.Path), now: o.Now}
	st, err := store.OpenFile(e.at, store.Options{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	e.id = st.ID()
	return e, st.Close()
}

func (e *embedded) Info() Info {
	return Info{
		Identity:    "embedded:" + e.id,
		Address:     e.at.Path(),
		Description: "embedded broker",
		Capabilities: mqtt.Capabilities{
			Readable:         mqtt.AllFields,
			AckProvesStorage: true,
			ExpiryCountsDown: true,
			Limits:           mqtt.StandardLimits,
		},
	}
}

// Read looks up every topic. Only a damaged record leaves a topic unread.
func (e *embedded) Read(ctx context.Context, topics []string) (mqtt.Observation, error) {
	seen := mqtt.Observation{Live: map[string]mqtt.Retained{}, Unread: map[string]error{}}
	err := e.reading(func(st *store.Store) error {
		for _, topic := range topics {
			if err := ctx.Err(); err != nil {
				return err
			}
			entry, ok, err := st.Get(topic)
			switch {
			case errors.Is(err, store.ErrDamaged):
				seen.Unread[topic] = err
			case err != nil:
				return err
			case ok:
				seen.Live[topic] = mqtt.Retained{Message: entry.Message, Modified: entry.Modified}
			}
		}
		return nil
	})
	return seen, err
}

// Scan looks up the filters. Its inventory is always complete.
func (e *embedded) Scan(ctx context.Context, filters []string) (Inventory, error) {
	found := Inventory{Live: map[string]mqtt.Retained{}, Complete: true}
	err := e.reading(func(st *store.Store) error {
		for _, filter := range filters {
			err := st.Match(filter, func(entry store.Entry) error {
				found.Live[entry.Topic] = mqtt.Retained{Message: entry.Message, Modified: entry.Modified}
				return ctx.Err()
			})
			if err != nil {
				return err
			}
		}
		return ctx.Err()
	})
	return found, err
}

// reading runs do on the file that is open for writing, or opens the file for the duration of do.
func (e *embedded) reading(do func(*store.Store) error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.writing != nil {
		return do(e.writing)
	}
	st, err := store.OpenFile(e.at, store.Options{ReadOnly: true, Now: e.now})
	if err != nil {
		return err
	}
	return errors.Join(e.check(st), do(st), st.Close())
}

func (e *embedded) openForWriting() (*store.Store, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.writing != nil {
		return e.writing, nil
	}
	st, err := store.OpenFile(e.at, store.Options{Now: e.now})
	if err != nil {
		return nil, err
	}
	if err := e.check(st); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	e.writing = st
	return st, nil
}

// check returns an error unless the file is still the broker that was opened.
func (e *embedded) check(st *store.Store) error {
	if st.ID() != e.id {
		return fmt.Errorf("%s was replaced by another broker's file (%s, it was %s) since it was opened: plan again",
			e.at.Path(), st.ID(), e.id)
	}
	return nil
}

// Publish stores the batch in transactions. A message is done when its transaction is on the disk.
func (e *embedded) Publish(ctx context.Context, batch []mqtt.Message, done func(i int, err error)) {
	var chunk []mqtt.Message
	var index []int
	flush := func() {
		err := ctx.Err()
		if err == nil && len(chunk) > 0 {
			err = e.put(chunk)
		}
		for _, i := range index {
			done(i, err)
		}
		chunk, index = chunk[:0], index[:0]
	}
	for i, m := range batch {
		if err := mqtt.CheckTopic(m.Topic); err != nil {
			done(i, fmt.Errorf("publish to %q: %w", m.Topic, err))
			continue
		}
		chunk, index = append(chunk, m), append(index, i)
		if len(chunk) == embeddedBatch {
			flush()
		}
	}
	flush()
}

func (e *embedded) put(chunk []mqtt.Message) error {
	st, err := e.openForWriting()
	if err != nil {
		return err
	}
	return st.Put(chunk)
}

// Close closes the file.
func (e *embedded) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.writing == nil {
		return nil
	}
	st := e.writing
	e.writing = nil
	return st.Close()
}
