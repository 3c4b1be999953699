package wire

import "encoding/binary"

// skips reports whether packets of type t may be longer than what is read of them.
func (r *Reader) skips(t Type) bool { return t == PUBLISH && r.skip > 0 }

// passOver discards what is left of a PUBLISH that was skipped.
func (r *Reader) passOver() error {
	_, err := r.r.Discard(r.left)
	r.left = 0
	return unexpected(err)
}

// longPublish reads the beginning of a PUBLISH of n bytes: its topic and packet identifier.
func (r *Reader) longPublish(n int, flags byte) (Packet, error) {
	const prefix = 2 // the length of the topic
	d := &r.d
	*d = decoder{version: r.version, packet: PUBLISH, flags: flags}
	b, err := r.body(min(prefix, n))
	if err != nil {
		return nil, err
	}
	if len(b) < prefix {
		d.malformed("2.1.4", "it ends too early")
		return nil, d.err
	}
	rest := int(binary.BigEndian.Uint16(b))
	if flags>>1&3 > 0 {
		rest += 2 // the packet identifier
	}
	head := append(make([]byte, 0, prefix+rest), b...)
	if b, err = r.body(min(rest, n-prefix)); err != nil {
		return nil, err
	}
	d.b = append(head, b...)
	r.size, r.left = len(d.b), n-len(d.b)
	p := &Publish{Skipped: n}
	p.head(d)
	if p.Message.Topic == "" && d.err == nil {
		d.fail(ProtocolError, "MQTT-4.7.3-1", "it has no topic name")
	}
	if d.err != nil {
		return nil, d.err
	}
	return p, nil
}
