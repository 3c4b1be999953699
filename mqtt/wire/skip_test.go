package wire

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/retainctl/retainctl/mqtt"
)

// packets reads all that a Reader returns, and the error that ends it.
func packets(r *Reader) (all []Packet, err error) {
	for {
		p, err := r.Next()
		if err != nil {
			return all, err
		}
		all = append(all, p)
	}
}

func TestSkipsLongPublishes(t *testing.T) {
	for _, v := range []Version{V311, V5} {
		long := &Publish{Retain: true, PacketID: 7, Message: mqtt.Message{Topic: strings.Repeat("t", 65_535), QoS: 2, Payload: make([]byte, 200_000)}}
		short := &Publish{Message: mqtt.Message{Topic: "short", Payload: []byte("x")}}
		var stream []byte
		for _, p := range []Packet{short, long, &Pingresp{}, long, short} {
			var err error
			if stream, err = AppendPacket(stream, p, v); err != nil {
				t.Fatal(err)
			}
		}
		r := NewReader(bytes.NewReader(stream), v, 1000)
		r.SkipLongPublishes(1000)
		got, err := packets(r)
		skipped := &Publish{Retain: true, PacketID: 7, Message: mqtt.Message{Topic: long.Message.Topic, QoS: 2}, Skipped: 200_000 + 65_535 + 2 + 2}
		if v == V5 {
			skipped.Skipped++ // the length of no properties
		}
		if diff := cmp.Diff([]Packet{short, skipped, &Pingresp{}, skipped, short}, got); diff != "" || err != io.EOF {
			t.Errorf("%s: %v (-want +got):\n%s", v, err, diff)
		}
		if _, err := packets(skipping(stream[:len(stream)-100_000], v, 1000)); err != io.ErrUnexpectedEOF {
			t.Errorf("%s: cut within what is skipped: %v", v, err)
		}
	}
}

func skipping(stream []byte, v Version, limit int) *Reader {
	r := NewReader(bytes.NewReader(stream), v, limit)
	r.SkipLongPublishes(limit)
	return r
}

// TestSkippedPublishIsChecked checks that what is read of a skipped PUBLISH follows the rules, and that
// nothing but a PUBLISH is skipped.
func TestSkippedPublishIsChecked(t *testing.T) {
	for name, stream := range map[string]string{
		"QoS 3":               "36 05 0001 61 0001",
		"wildcard":            "30 03 0001 2b",
		"no topic":            "30 03 0000 00",
		"packet identifier 0": "32 05 0001 61 0000",
		"ends in its topic":   "30 03 0005 61",
		"not UTF-8":           "30 03 0001 ff",
		"another packet":      "40 03 0001 00",
	} {
		var e *Error
		r := NewReader(bytes.NewReader(unhex(t, stream)), V5, 1)
		r.SkipLongPublishes(1)
		if p, err := r.Next(); !errors.As(err, &e) {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
}

// TestSkippingTakesNoMemory skips the longest packet of the protocol.
func TestSkippingTakesNoMemory(t *testing.T) {
	head := []byte{0x31, 0xff, 0xff, 0xff, 0x7f, 0, 1, 'a'}
	r := NewReader(io.MultiReader(bytes.NewReader(head), io.LimitReader(zeros{}, maxVarint-3), bytes.NewReader([]byte{0xd0, 0})), V5, 0)
	r.SkipLongPublishes(1 << 20)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got, err := packets(r)
	runtime.ReadMemStats(&after)
	if len(got) != 2 || err != io.EOF {
		t.Errorf("%v, %v", got, err)
	}
	if made := after.TotalAlloc - before.TotalAlloc; made > 1<<20 {
		t.Errorf("%d bytes were allocated", made)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// FuzzSkip holds a Reader that skips to one that does not: the same packets, but for the bodies of long
// ones, up to the first error.
func FuzzSkip(f *testing.F) {
	for _, v := range vectors {
		f.Add(unhex(f, v.bytes), byte(v.version), uint16(4))
	}
	f.Fuzz(func(t *testing.T, stream []byte, version byte, limit uint16) {
		v := Version(4 + version%2)
		whole, _ := packets(NewReader(bytes.NewReader(stream), v, 0))
		r := NewReader(bytes.NewReader(stream), v, 0)
		r.SkipLongPublishes(int(limit) + 1)
		some, _ := packets(r)
		if len(some) < len(whole) {
			if p, is := whole[len(some)].(*Publish); is && p.Message.Topic == "" {
				return // its topic is an alias, which only the properties name
			}
			t.Fatalf("%d packets, want at least %d", len(some), len(whole))
		}
		for i, want := range whole {
			p, is := some[i].(*Publish)
			if !is || p.Skipped == 0 {
				if diff := cmp.Diff(want, some[i]); diff != "" {
					t.Fatal(diff)
				}
				continue
			}
			full := want.(*Publish)
			if p.Skipped <= int(limit)+1 || p.Message.Topic != full.Message.Topic || p.PacketID != full.PacketID || p.Retain != full.Retain {
				t.Fatalf("%+v of %+v", p, full)
			}
		}
	})
}
