package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// Errors of Load.
var (
	ErrForeign = errors.New("this is not a plan file")
	ErrNewer   = errors.New("the plan file was written by a newer version of retainctl")
	ErrDamaged = errors.New("the plan file is damaged")
)

// A plan file is one line, "retainctl plan VERSION CHECKSUM", and one JSON
// document. The checksum is over the line up to it and the document.
const (
	fileMagic   = "retainctl plan "
	fileVersion = 1
)

// filePlan is a Plan as a file holds it. A field that shadows one of Plan is that field in
// a form that JSON can express.
type filePlan struct {
	Plan
	Changes   []fileChange `json:",omitempty"`
	StateOnly []fileChange `json:"Bookkeeping,omitempty"`
	Drift     []fileChange `json:",omitempty"`
	Brokers   []fileBroker
	Variables []fileVariable
}

type fileChange struct {
	Change
	Action  string
	Index   *fileValue    `json:",omitempty"`
	Record  *state.Record `json:",omitempty"`
	Prior   *state.Record `json:",omitempty"`
	Message *mqtt.Message `json:",omitempty"` // nil if it is sensitive
	Alike   bool          `json:",omitempty"` // After and Message equal the Record's, and are left out
	Unkeyed bool          `json:",omitempty"`
}

type fileBroker struct {
	Name        string
	Type        string
	Identity    state.Identity
	Unpinned    bool
	Address     string
	Description string
	Readable    mqtt.Fields
	CountsDown  bool
	Limits      mqtt.Limits
	Tariff      mqtt.Quota `json:",omitzero"`
	Observed    struct{}   // kept for the format; apply reads again
}

type fileVariable struct {
	Name      string
	Value     *fileValue `json:",omitempty"` // nil if it is sensitive
	Sensitive bool       `json:",omitempty"`
}

// fileValue is a value with its type.
type fileValue struct{ Type, Value json.RawMessage }

func checksum(head string, body []byte) string {
	h := sha256.New()
	io.WriteString(h, head)
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}

// Load reads a whole plan file. The error wraps ErrForeign, ErrNewer or ErrDamaged if the
// file cannot be used. Changes of sensitive messages cannot be published until Resolve.
func Load(r io.Reader) (*Plan, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("load plan: %w", err)
	}
	body, err := open(data)
	if err != nil {
		return nil, err
	}
	var f filePlan
	document := json.NewDecoder(bytes.NewReader(body))
	document.DisallowUnknownFields() // a field that this version would ignore was reviewed too
	if err := document.Decode(&f); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if document.More() {
		return nil, fmt.Errorf("%w: there is data after its end", ErrDamaged)
	}
	return fromFile(&f)
}

// open checks the first line of a plan file and returns the rest.
func open(data []byte) ([]byte, error) {
	line, body, ended := bytes.Cut(data, []byte{'\n'})
	rest, ok := strings.CutPrefix(string(line), fileMagic)
	if !ok {
		if ended || !strings.HasPrefix(fileMagic, string(line)) {
			return nil, ErrForeign
		}
		return nil, fmt.Errorf("%w: it ends in its first line", ErrDamaged)
	}
	number, sum, _ := strings.Cut(rest, " ")
	version, err := strconv.Atoi(number)
	switch {
	case err != nil || version < 1:
		return nil, fmt.Errorf("%w: its version is unreadable", ErrDamaged)
	case version > fileVersion:
		return nil, fmt.Errorf("%w: its format is %d, this version reads %d", ErrNewer, version, fileVersion)
	case !ended || sum != checksum(fileMagic+number+" ", body):
		return nil, fmt.Errorf("%w: its checksum does not match", ErrDamaged)
	}
	return body, nil
}

func fromFile(f *filePlan) (*Plan, error) {
	p := f.Plan
	var err error
	if p.Changes, err = fromFileChanges(f.Changes); err != nil {
		return nil, err
	}
	if p.StateOnly, err = fromFileChanges(f.StateOnly); err != nil {
		return nil, err
	}
	if p.Drift, err = fromFileChanges(f.Drift); err != nil {
		return nil, err
	}
	p.Brokers = nil
	for _, b := range f.Brokers {
		p.Brokers = append(p.Brokers, b.broker())
	}
	p.Variables = nil
	for _, v := range f.Variables {
		value, err := v.Value.value()
		if err != nil {
			return nil, fmt.Errorf("%w: variable %s: %w", ErrDamaged, v.Name, err)
		}
		p.Variables = append(p.Variables, spec.Variable{Name: v.Name, Value: value, Sensitive: v.Sensitive})
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	return &p, nil
}

// broker returns the broker as the plan had it. The observation of a saved plan is never
// fresh, so apply reads again.
func (b *fileBroker) broker() Broker {
	return Broker{
		Name: b.Name, Type: b.Type, Identity: b.Identity, Unpinned: b.Unpinned,
		Address: b.Address, Description: b.Description, Age: FreshFor,
		Capabilities: mqtt.Capabilities{
			Readable: b.Readable, ExpiryCountsDown: b.CountsDown, Limits: b.Limits, Quota: b.Tariff,
		},
	}
}

func fromFileChanges(list []fileChange) ([]Change, error) {
	var found []Change
	for _, saved := range list {
		c := saved.Change
		index, err := saved.Index.value()
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrDamaged, c.Address, err)
		}
		for _, r := range saved.Action {
			c.Action = Action(r)
		}
		c.Index, c.record, c.prior, c.unkeyed = index, saved.Record, saved.Prior, saved.Unkeyed
		switch {
		case saved.Message != nil:
			c.message = *saved.Message
		case saved.Alike && c.record != nil:
			after := c.record.Message
			c.message, c.After = after, &after
		}
		found = append(found, c)
	}
	return found, nil
}

// sound reports whether a change has what its action needs.
func (c *Change) sound() bool {
	switch c.Action {
	case NoOp:
		return true
	case Forget: // Before is nil if the message was not live
		return true
	case Create:
		return c.After != nil && c.record != nil
	case Update, Import:
		return c.Before != nil && c.After != nil && c.record != nil
	case Delete:
		return c.Before != nil && c.complete() && c.message.IsDeletion()
	}
	return false
}

func (v *fileValue) value() (cty.Value, error) {
	if v == nil {
		return cty.NilVal, nil
	}
	t, err := ctyjson.UnmarshalType(v.Type)
	if err != nil {
		return cty.NilVal, err
	}
	return ctyjson.Unmarshal(v.Value, t)
}

// IsFile reports whether r begins as a plan file does. It reads from r.
func IsFile(r io.Reader) bool {
	start := make([]byte, len(fileMagic))
	_, err := io.ReadFull(r, start)
	return err == nil && string(start) == fileMagic
}
