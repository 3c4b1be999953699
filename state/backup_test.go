package state

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/retainctl/retainctl/mqtt"
)

// sampleBackup returns a backup of a recorded and of an untracked message.
func sampleBackup() *Backup {
	s := sample()
	full := mqtt.Message{Topic: "house/attic", Payload: []byte("\xff"), QoS: 2, ContentType: "x", CorrelationData: []byte{0}, Expiry: 60, UserProperties: []mqtt.UserProperty{{Name: "b", Value: "1"}, {Name: "a", Value: ""}}}
	plain := mqtt.Message{Topic: "house/bin", Payload: []byte("<>")}
	r := s.Records[Key{"mqtt:broker.lab:8883", "house/attic"}]
	r.Sealed = Seal(full, mqtt.Redaction{}, nil)
	return &Backup{
		Made: r.UpdatedAt, Lineage: s.Lineage, LeftOut: 3, Brokers: s.Brokers,
		Records: map[Key]Record{
			{"mqtt:broker.lab:8883", "house/attic"}: r,
			{"embedded:1", "house/bin"}:             {Sealed: Seal(plain, mqtt.Redaction{}, nil), OnDestroy: "delete"},
		},
	}
}

func encodeBackup(t testing.TB, b *Backup) []byte {
	t.Helper()
	data, err := EncodeBackup(b)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestBackupRoundTrip(t *testing.T) {
	want := sampleBackup()
	got, err := DecodeBackup(encodeBackup(t, want))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestADamagedBackupIsRefused changes every byte and cuts at every byte, and checks that the
// result is never read as a backup.
func TestADamagedBackupIsRefused(t *testing.T) {
	data := encodeBackup(t, sampleBackup())
	try := func(what string, at int, in []byte) {
		b, err := DecodeBackup(in)
		var damaged *DamagedError
		var newer *NewerFormatError
		if !errors.As(err, &damaged) && !errors.As(err, &newer) {
			t.Fatalf("%s at byte %d: %v, %v", what, at, b, err)
		}
	}
	for i := range data {
		if i < len(data)-1 { // nothing is lost with the last line end
			try("cut", i, data[:i])
		}
		for _, bit := range []byte{1, 0x20, 0x80} {
			flipped := bytes.Clone(data)
			if flipped[i] ^= bit; i < len(data)-1 {
				try("flipped", i, flipped)
			}
		}
	}
}

func TestAnIncompleteBackupIsRefused(t *testing.T) {
	secret := sampleBackup()
	for key, r := range secret.Records {
		r.Redaction.Fields = mqtt.FieldPayload
		secret.Records[key] = r
	}
	header, _, _ := bytes.Cut(encodeBackup(t, sampleBackup()), []byte("\n"))
	empty := `{"broker":"b","topic":"house/bin","on_destroy":"delete"}` // would be a delete
	empty = strings.TrimSuffix(empty, "}") + checksumStart + checksum([]byte(empty)) + checksumEnd + "\n" + endLine + "\n"
	for says, in := range map[string][]byte{
		"not the first line of a retainctl backup":                        encode(t, sample()),
		"is incomplete. Nothing was chan":                                 encodeBackup(t, secret),
		"backup has format version 2":                                     []byte(`{"backup_version":2}`),
		"pending entries":                                                 pendingBackup(t),
		"has an empty payload, which deletes a message. Nothing was chan": append(append(header, '\n'), empty...),
	} {
		if _, err := DecodeBackup(in); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %q", err, says)
		}
	}
	if _, err := Decode(encodeBackup(t, sampleBackup())); err == nil || !strings.Contains(err.Error(), "not the first line of a retainctl state") {
		t.Errorf("a state of a backup: %v", err)
	}
}

// pendingBackup returns the lines of a state after the header of a backup.
func pendingBackup(t *testing.T) []byte {
	header, _, _ := bytes.Cut(encodeBackup(t, sampleBackup()), []byte("\n"))
	s := sample()
	s.Records = nil
	_, lines, _ := bytes.Cut(encode(t, s), []byte("\n"))
	return append(append(header, '\n'), lines...)
}

func FuzzDecodeBackup(f *testing.F) {
	f.Add(encodeBackup(f, sampleBackup()))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := DecodeBackup(data)
		if err != nil {
			return
		}
		back, err := DecodeBackup(encodeBackup(t, b))
		if err != nil || len(back.Records) != len(b.Records) {
			t.Errorf("it cannot be written back: %v", err)
		}
	})
}
