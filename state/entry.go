package state

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/retainctl/retainctl/mqtt"
)

// FormatVersion is the version of the document that this package writes. Readers refuse a newer
// one, and an unknown field, so a new field needs a new version.
const FormatVersion = 1

// entry is a line of the document: a record or a pending entry. Its members are named as in the
// configuration language, and a field that has a row in package mqtt has its member here.
type entry struct {
	Broker  Identity `json:"broker"`
	Topic   string   `json:"topic"`
	Pending string   `json:"pending,omitempty"` // "publish" or "delete"; a record has none
	Before  string   `json:"before,omitempty"`

	Address         string     `json:"address,omitempty"`
	QoS             *mqtt.QoS  `json:"qos,omitempty"`
	Payload         string     `json:"payload,omitempty"`
	PayloadBase64   []byte     `json:"payload_base64,omitempty"`
	PayloadFormat   string     `json:"payload_format_indicator,omitempty"`
	ContentType     string     `json:"content_type,omitempty"`
	ResponseTopic   string     `json:"response_topic,omitempty"`
	CorrelationData []byte     `json:"correlation_data,omitempty"`
	UserProperties  []property `json:"user_properties,omitempty"`
	Ordered         bool       `json:"ordered_properties,omitempty"`
	Expiry          uint32     `json:"message_expiry,omitempty"`

	Digest          string            `json:"digest,omitempty"`
	SensitiveFields []string          `json:"sensitive,omitempty"`
	SensitiveLeaves []string          `json:"sensitive_leaves,omitempty"`
	Secrets         map[string]string `json:"secrets,omitempty"`

	UpdatedAt      time.Time `json:"updated_at,omitzero"`
	Modified       time.Time `json:"modified,omitzero"`
	OnDestroy      string    `json:"on_destroy,omitempty"`
	PreventDestroy bool      `json:"prevent_destroy,omitempty"`
	DependsOn      []string  `json:"depends_on,omitempty"`
	IgnoreChanges  []string  `json:"ignore_changes,omitempty"` // fields and paths, as in the configuration
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

const (
	pendingPublish = "publish"
	pendingDelete  = "delete"
)

// recordEntry returns the line of a record.
func recordEntry(key Key, r *Record) entry {
	e := entry{
		Broker: key.Broker, Topic: key.Topic, Address: r.Address,
		QoS: &r.QoS, ContentType: r.ContentType, ResponseTopic: r.ResponseTopic,
		CorrelationData: r.CorrelationData, Ordered: r.OrderedProperties, Expiry: r.Expiry,
		Digest: r.Digest, SensitiveFields: r.Redaction.Fields.Names(), SensitiveLeaves: r.Redaction.Leaves,
		Secrets:   r.Secrets,
		UpdatedAt: r.UpdatedAt.UTC(), Modified: r.Modified.UTC(),
		OnDestroy: r.OnDestroy, PreventDestroy: r.PreventDestroy, DependsOn: r.DependsOn,
		IgnoreChanges: append(r.Ignored.Fields.Names(), r.Ignored.Leaves...),
	}
	if utf8.Valid(r.Payload) {
		e.Payload = string(r.Payload)
	} else {
		e.PayloadBase64 = r.Payload
	}
	if r.PayloadFormat == mqtt.UTF8Data {
		e.PayloadFormat = r.PayloadFormat.String()
	}
	for _, p := range r.UserProperties {
		e.UserProperties = append(e.UserProperties, property(p))
	}
	return e
}

// pendingEntry returns the line of a pending entry.
func pendingEntry(key Key, p Pending) entry {
	e := entry{Broker: key.Broker, Topic: key.Topic, Pending: pendingDelete}
	if p.After != nil {
		e = recordEntry(key, p.After)
		e.Pending = pendingPublish
	}
	e.Before = p.Before
	return e
}

// check refuses what JSON would silently replace, text that is not UTF-8, and what Decode would
// refuse: no document is written that cannot be read again.
func (e *entry) check() error {
	valid := utf8.ValidString(string(e.Broker)) && utf8.ValidString(e.Topic) &&
		utf8.ValidString(e.ContentType) && utf8.ValidString(e.ResponseTopic)
	for _, p := range e.UserProperties {
		valid = valid && utf8.ValidString(p.Name) && utf8.ValidString(p.Value)
	}
	if !valid {
		return fmt.Errorf("encode the record of %q: a topic or property is not valid UTF-8", e.Topic)
	}
	if err := e.allowed(); err != nil {
		return fmt.Errorf("encode state: %w", err)
	}
	return nil
}

// addTo adds the record or the pending entry of the line to a snapshot.
func (e *entry) addTo(s *Snapshot) error {
	if e.Broker == "" || e.Topic == "" {
		return errors.New("it names no broker or no topic")
	}
	key := Key{e.Broker, e.Topic}
	r, err := e.record()
	if err != nil {
		return err
	}
	if err := e.allowed(); err != nil {
		return err
	}
	switch e.Pending {
	case "":
		return add(s.Records, key, r)
	case pendingPublish:
		return add(s.Pending, key, Pending{After: &r, Before: e.Before})
	case pendingDelete:
		return add(s.Pending, key, Pending{Before: e.Before})
	}
	return fmt.Errorf("a pending %q is unknown", e.Pending)
}

// allowed returns an error for what planning never records. A checksum shows a fault, but anybody
// can compute one: an empty payload would be a delete when the message is published again, and an
// unknown on_destroy would be taken for "delete".
func (e *entry) allowed() error {
	if err := mqtt.CheckTopic(e.Topic); err != nil {
		return fmt.Errorf("the topic %q cannot be recorded: %w", e.Topic, err)
	}
	switch {
	case e.Pending == pendingDelete:
		return nil
	case e.Payload == "" && len(e.PayloadBase64) == 0:
		return fmt.Errorf("the message of %q has an empty payload, which deletes a message", e.Topic)
	case e.QoS != nil && *e.QoS > 2:
		return fmt.Errorf("the message of %q has the QoS %d", e.Topic, *e.QoS)
	case e.OnDestroy != "" && e.OnDestroy != "delete" && e.OnDestroy != "forget":
		return fmt.Errorf("the on_destroy %q of %q is unknown", e.OnDestroy, e.Topic)
	}
	return nil
}

func add[V any](m map[Key]V, key Key, v V) error {
	if _, twice := m[key]; twice {
		return fmt.Errorf("the topic %q occurs twice; after a merge by hand, keep the line with the later updated_at",
			key.Topic)
	}
	m[key] = v
	return nil
}

// record returns the record that a line holds.
func (e *entry) record() (Record, error) {
	r := Record{
		Address: e.Address, UpdatedAt: e.UpdatedAt, Modified: e.Modified, OrderedProperties: e.Ordered,
		OnDestroy: e.OnDestroy, PreventDestroy: e.PreventDestroy, DependsOn: e.DependsOn,
	}
	r.Digest, r.Secrets, r.Redaction.Leaves = e.Digest, e.Secrets, e.SensitiveLeaves
	m := &r.Message
	m.Topic, m.ContentType, m.ResponseTopic = e.Topic, e.ContentType, e.ResponseTopic
	m.CorrelationData, m.Expiry = e.CorrelationData, e.Expiry
	if e.QoS != nil {
		m.QoS = *e.QoS
	}
	if m.Payload = e.PayloadBase64; e.Payload != "" {
		m.Payload = []byte(e.Payload)
	}
	for _, p := range e.UserProperties {
		m.UserProperties = append(m.UserProperties, mqtt.UserProperty(p))
	}
	switch e.PayloadFormat {
	case "":
	case mqtt.UTF8Data.String():
		m.PayloadFormat = mqtt.UTF8Data
	default:
		return r, fmt.Errorf("the payload format %q is unknown", e.PayloadFormat)
	}
	for _, name := range e.SensitiveFields {
		f := mqtt.FieldNamed(name)
		if f == 0 {
			return r, fmt.Errorf("the sensitive field %q is unknown", name)
		}
		r.Redaction.Fields |= f
	}
	return r, e.ignored(&r)
}

func (e *entry) ignored(r *Record) error {
	for _, name := range e.IgnoreChanges {
		if strings.HasPrefix(name, "/") {
			r.Ignored.Leaves = append(r.Ignored.Leaves, name)
			continue
		}
		f := mqtt.FieldNamed(name)
		if f == 0 {
			return fmt.Errorf("the ignored field %q is unknown", name)
		}
		r.Ignored.Fields |= f
	}
	return nil
}
