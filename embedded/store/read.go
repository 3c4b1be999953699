package store

import (
	"bytes"
	"fmt"
	"math"
	"strings"

	"go.etcd.io/bbolt"

	"github.com/retainctl/retainctl/mqtt"
)

// page is how many messages one read transaction reads. A long one would keep bbolt from growing
// its map, and so block every writer.
const page = 256

// Get returns what is retained at a topic. ok is false if there is nothing.
func (s *Store) Get(topic string) (Entry, bool, error) {
	var e Entry
	err := s.view(func(tx *bbolt.Tx) error {
		b := tx.Bucket(messageBucket).Get(key(topic))
		if b == nil {
			return nil
		}
		var err error
		if e, err = decode(b); err != nil {
			return fmt.Errorf("%q: %w", topic, err)
		}
		return nil
	})
	now := s.now()
	if err != nil || e.Topic == "" || e.expired(now) {
		return Entry{}, false, err
	}
	return e.at(now), true, nil
}

// List returns at most limit messages in the order of their topics, beginning behind the topic
// after ("" is the start). next is the after of the next call, or "" at the end.
func (s *Store) List(after string, limit int) (entries []Entry, next string, err error) {
	return s.scan("", "", after, limit)
}

// Match calls fn with every message whose topic matches filter, in the order of the topics. fn may
// take its time and may call the store; what is written meanwhile may be seen or not. Match returns
// the first error of fn.
func (s *Store) Match(filter string, fn func(Entry) error) error {
	for after, more := "", true; more; {
		entries, next, err := s.MatchPage(filter, after, page)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := fn(e); err != nil {
				return err
			}
		}
		after, more = next, next != ""
	}
	return nil
}

// MatchPage is List restricted to messages whose topics match filter.
func (s *Store) MatchPage(filter, after string, limit int) (entries []Entry, next string, err error) {
	if mqtt.IsFilter(filter) {
		return s.scan(filter, literal(filter), after, limit)
	}
	if e, ok, err := s.Get(filter); ok && after == "" || err != nil {
		return []Entry{e}, "", err
	}
	return nil, "", nil
}

// literal returns the prefix that every topic which matches filter has. "a/#" matches "a" too, so
// the slash is not part of it (4.7.1.2).
func literal(filter string) string {
	if i := strings.IndexByte(filter, '+'); i >= 0 {
		return filter[:i]
	}
	return strings.TrimSuffix(strings.TrimSuffix(filter, "#"), "/")
}

func (s *Store) scan(filter, prefix, after string, limit int) (entries []Entry, next string, err error) {
	start, from := key(prefix), key(after)
	if len(start) > longTopic {
		start = start[:longTopic]
	}
	first := max(string(start), string(from))
	err = s.view(func(tx *bbolt.Tx) error {
		now := s.now()
		c := tx.Bucket(messageBucket).Cursor()
		for k, v := c.Seek([]byte(first)); bytes.HasPrefix(k, start) && k != nil; k, v = c.Next() {
			if after != "" && bytes.Equal(k, from) {
				continue
			}
			if len(k) <= longTopic && filter != "" && !mqtt.Match(filter, string(k)) {
				continue // without the cost of decoding it
			}
			e, err := decode(v)
			switch {
			case err != nil:
				return fmt.Errorf("%q: %w", k, err)
			case e.expired(now) || filter != "" && !mqtt.Match(filter, e.Topic):
				continue
			case len(entries) == limit:
				next = entries[limit-1].Topic
				return nil
			}
			entries = append(entries, e.at(now))
		}
		return nil
	})
	return entries, next, err
}

// Count returns how many messages are retained, without expired ones.
func (s *Store) Count() (int, error) {
	var n int
	err := s.view(func(tx *bbolt.Tx) error {
		n = int(count(tx.Bucket(metaBucket)))
		for _, k := range due(tx.Bucket(expiryBucket), s.now(), math.MaxInt) {
			if e, err := decode(tx.Bucket(messageBucket).Get(k[8:])); err == nil && e.expired(s.now()) {
				n--
			}
		}
		return nil
	})
	return n, err
}

func (s *Store) view(do func(tx *bbolt.Tx) error) error {
	if s.db == nil {
		return nil
	}
	return s.guard("read", func() error { return s.db.View(do) })
}
