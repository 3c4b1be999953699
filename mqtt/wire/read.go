package wire

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/retainctl/retainctl/mqtt"
)

const readBuffer = 64 << 10

// Reader decodes packets from a stream. It must not be used by several goroutines at once. The
// packets that it returns share no memory with it.
type Reader struct {
	r       *bufio.Reader
	version Version
	max     int
	skip    int     // longest body of a PUBLISH that is read; 0: see max
	left    int     // bytes of a skipped PUBLISH that are still to come
	size    int     // see Size
	d       decoder // part of the Reader, so that a packet needs no allocation for it
}

// NewReader returns a Reader of packets of version v from r. A server passes zero and learns the
// version from the CONNECT, which must come first. A packet of more than maxPacket bytes, including
// its header, is an error before it is read; zero sets no limit but the protocol's.
func NewReader(r io.Reader, v Version, maxPacket int) *Reader {
	if maxPacket <= 0 {
		maxPacket = maxVarint + 5
	}
	return &Reader{r: bufio.NewReaderSize(r, readBuffer), version: v, max: maxPacket}
}

// SkipLongPublishes makes Next return a PUBLISH with a body of more than limit bytes without reading
// it whole: only Topic, PacketID, QoS and the flags are known, Skipped is the length of the body, and
// the rest is discarded as it streams in, by the next call. The limit of NewReader then holds for all
// other packets.
func (r *Reader) SkipLongPublishes(limit int) { r.skip = limit }

// Version returns the version that NewReader was given, or that of the CONNECT.
func (r *Reader) Version() Version { return r.version }

// Buffered reports whether bytes have arrived that are not decoded yet: a server can collect its
// answers until there are none, and write them at once.
func (r *Reader) Buffered() bool { return r.r.Buffered() > 0 }

// Size returns the length in bytes of what was read of the last packet's body, which bounds the memory
// that the packet takes.
func (r *Reader) Size() int { return r.size }

// Next reads one packet. The error is io.EOF if the stream ends between two packets,
// io.ErrUnexpectedEOF if it ends within one, an *Error if a packet breaks the protocol, and
// otherwise the stream's own. No packet can be read after an error.
func (r *Reader) Next() (Packet, error) {
	if err := r.passOver(); err != nil {
		return nil, err
	}
	first, err := r.r.ReadByte()
	if err != nil {
		return nil, err
	}
	t, flags := Type(first>>4), first&15
	n, err := r.length(t)
	if err != nil {
		return nil, err
	}
	p := newPacket(t, r.version)
	switch {
	case r.version == 0 && t != CONNECT:
		return nil, &Error{ProtocolError, t, "a connection must start with CONNECT", "MQTT-3.1.0-1"}
	case p == nil:
		return nil, &Error{MalformedPacket, t, "there is no such packet", "2.1.2"}
	case t != PUBLISH && flags != fixedFlags(t):
		return nil, &Error{MalformedPacket, t, fmt.Sprintf("its flags are %04b", flags), "MQTT-2.1.3-1"}
	case r.skips(t) && n > r.skip:
		return r.longPublish(n, flags)
	}
	b, err := r.body(n)
	if err != nil {
		return nil, err
	}
	r.size = len(b)
	d := &r.d
	*d = decoder{b: b, version: r.version, packet: t, flags: flags}
	p.decode(d)
	if d.err == nil && len(d.b) > 0 {
		d.malformed("2.1.4", fmt.Sprintf("%d bytes follow its end", len(d.b)))
	}
	if d.err != nil {
		return nil, d.err
	}
	if r.version == 0 {
		r.version = d.version
	}
	return p, nil
}

// length reads the Remaining Length (2.1.4) and checks it against the limit.
func (r *Reader) length(t Type) (int, error) {
	n := 0
	for i := range 4 {
		b, err := r.r.ReadByte()
		if err != nil {
			return 0, unexpected(err)
		}
		n |= int(b&127) << (7 * i)
		if b >= 128 {
			continue
		}
		if b == 0 && i > 0 {
			return 0, &Error{MalformedPacket, t, "its length is not in its shortest form", "MQTT-1.5.5-1"}
		}
		if size := n + 2 + i; size > r.max && !r.skips(t) {
			return 0, &Error{PacketTooLarge, t, fmt.Sprintf("it has %d bytes, the limit is %d",
				size, r.max), "MQTT-3.1.2-24"}
		}
		return n, nil
	}
	return 0, &Error{MalformedPacket, t, "its length has more than four bytes", "1.5.5"}
}

// body returns the n bytes of a packet's body, which are valid until the next read. The buffer
// grows as bytes arrive: a peer that announces 256 MB must send them before they take memory.
func (r *Reader) body(n int) ([]byte, error) {
	if n <= r.r.Size() {
		b, err := r.r.Peek(n)
		if err != nil {
			return nil, unexpected(err)
		}
		_, err = r.r.Discard(n)
		return b, err
	}
	var long bytes.Buffer
	if _, err := io.CopyN(&long, r.r, int64(n)); err != nil {
		return nil, unexpected(err)
	}
	return long.Bytes(), nil
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// decoder consumes a packet's body from the front of b and keeps the first error, after which it
// returns zero values only.
type decoder struct {
	b       []byte
	version Version
	packet  Type
	flags   byte
	err     error
}

func (d *decoder) fail(code ReasonCode, rule, problem string) {
	if d.err == nil {
		d.err = &Error{Code: code, Packet: d.packet, Problem: problem, Rule: rule}
	}
	d.b = nil
}

func (d *decoder) malformed(rule, problem string) { d.fail(MalformedPacket, rule, problem) }

// take consumes and returns the next n bytes, or nil if there are fewer.
func (d *decoder) take(n int) []byte {
	if n > len(d.b) {
		d.malformed("2.1.4", "it ends too early")
		return nil
	}
	p := d.b[:n]
	d.b = d.b[n:]
	return p
}

func (d *decoder) u8() byte {
	if p := d.take(1); p != nil {
		return p[0]
	}
	return 0
}

func (d *decoder) u16() uint16 {
	if p := d.take(2); p != nil {
		return binary.BigEndian.Uint16(p)
	}
	return 0
}

func (d *decoder) u32() uint32 {
	if p := d.take(4); p != nil {
		return binary.BigEndian.Uint32(p)
	}
	return 0
}

func (d *decoder) varint() int {
	n := 0
	for i := range 4 {
		b := d.u8()
		n |= int(b&127) << (7 * i)
		if b >= 128 {
			continue
		}
		if b == 0 && i > 0 && d.err == nil {
			d.malformed("MQTT-1.5.5-1", "a variable byte integer is not in its shortest form")
			return 0
		}
		return n
	}
	d.malformed("1.5.5", "a variable byte integer has more than four bytes")
	return 0
}

func (d *decoder) str() string {
	p := d.take(int(d.u16()))
	switch {
	case !utf8.Valid(p):
		d.malformed("MQTT-1.5.4-1", "a string is not valid UTF-8")
		return ""
	case bytes.IndexByte(p, 0) >= 0:
		d.malformed("MQTT-1.5.4-2", "a string contains U+0000")
		return ""
	}
	return string(p)
}

// binary returns a copy, or nil if there are no bytes.
func (d *decoder) binary() []byte {
	return bytes.Clone(nonEmpty(d.take(int(d.u16()))))
}

func nonEmpty(p []byte) []byte {
	if len(p) == 0 {
		return nil
	}
	return p
}

func (d *decoder) packetID() uint16 {
	id := d.u16()
	if id == 0 && d.err == nil {
		d.fail(ProtocolError, "MQTT-2.2.1-3", "its packet identifier is zero")
	}
	return id
}

// topicName checks the rules for topic names beyond those for strings (4.7). The caller checks
// whether it is empty.
func (d *decoder) topicName() string {
	topic := d.str()
	if strings.ContainsAny(topic, "+#") {
		d.fail(TopicNameInvalid, "MQTT-3.3.2-2", "its topic name contains a wildcard")
	}
	return topic
}

func (d *decoder) filter() string {
	filter := d.str()
	if d.err == nil {
		if err := mqtt.CheckFilter(filter); err != nil {
			d.fail(TopicFilterInvalid, "4.7", err.Error())
		}
	}
	return filter
}
