package client

import "github.com/retainctl/retainctl/mqtt/wire"

// receipt appends the acknowledgement of a message that came with QoS 1 or 2: aedes ignores that
// the subscription has QoS 0.
func receipt(b []byte, m *wire.Publish, v wire.Version) []byte {
	switch m.Message.QoS {
	case 1:
		return reply(b, &wire.Ack{Type: wire.PUBACK, PacketID: m.PacketID}, v)
	case 2:
		return reply(b, &wire.Ack{Type: wire.PUBREC, PacketID: m.PacketID}, v)
	}
	return b
}

// reply appends an acknowledgement, which cannot fail to encode: its packet
// identifier was read from a packet.
func reply(b []byte, ack *wire.Ack, v wire.Version) []byte {
	b, _ = wire.AppendPacket(b, ack, v)
	return b
}
