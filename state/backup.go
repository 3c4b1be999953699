package state

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"time"
)

// BackupVersion is the version of the backup document that this package writes.
const BackupVersion = 1

// Backup is what an apply was about to replace or delete: whole messages as they were live, with
// what was recorded of them. Messages with anything sensitive are left out and counted.
type Backup struct {
	Made    time.Time
	Lineage string // of the state that was applied
	Brokers map[Identity]Pin
	Records map[Key]Record // the address is empty if the message was not recorded
	LeftOut int            // number of sensitive messages
}

// backupHeader is the first line of a backup. It begins differently from a state's, so that neither
// document is ever taken for the other.
type backupHeader struct {
	Version int       `json:"backup_version"`
	Made    time.Time `json:"made"`
	Lineage string    `json:"lineage"`
	LeftOut int       `json:"left_out,omitempty"`
	Brokers []pinned  `json:"brokers"`
}

// EncodeBackup returns a backup as a document in the state's form: a header, a line for each
// message and the end line. Each line but the last has a checksum.
func EncodeBackup(b *Backup) ([]byte, error) {
	const typical = 512 // bytes of a line
	w := newWriter(typical * (1 + len(b.Records)))
	h := backupHeader{
		Version: BackupVersion, Made: b.Made.UTC(), Lineage: b.Lineage, LeftOut: b.LeftOut,
		Brokers: pinnedBrokers(b.Brokers),
	}
	if err := w.line(h); err != nil {
		return nil, fmt.Errorf("encode backup header: %w", err)
	}
	if err := w.records(b.Records); err != nil {
		return nil, err
	}
	return w.end(), nil
}

// BackupBegin is how a backup begins.
const BackupBegin = `{"backup_version":`

// IsBackup reports whether a document begins as a backup does.
func IsBackup(r io.Reader) bool {
	start := make([]byte, len(BackupBegin))
	_, err := io.ReadFull(r, start)
	return err == nil && string(start) == BackupBegin
}

// BackupSummary is what the list of backups shows of one.
type BackupSummary struct {
	Made     time.Time
	Messages int
	LeftOut  int // number of sensitive messages
}

// SummarizeBackup reads the header of a backup and counts its messages. It does not check them.
func SummarizeBackup(r io.Reader) (BackupSummary, error) {
	lines := bufio.NewReader(r)
	first, err := lines.ReadBytes('\n')
	if err != nil {
		return BackupSummary{}, err
	}
	d := newDecoder(first, "backup", backupAdvice)
	var h backupHeader
	if err := d.first("backup_version", BackupVersion, &h); err != nil {
		return BackupSummary{}, err
	}
	count := -1 // the end line
	for buffer := make([]byte, 64<<10); ; {
		n, err := lines.Read(buffer)
		count += bytes.Count(buffer[:n], []byte("\n"))
		if err == io.EOF && count >= 0 {
			return BackupSummary{Made: h.Made, Messages: count, LeftOut: h.LeftOut}, nil
		}
		if err != nil {
			return BackupSummary{}, err
		}
	}
}

const backupAdvice = "Nothing was changed. Restore from another backup, or publish what is legible in this one by hand"

// DecodeBackup reads a backup. It returns all of it, or a *NewerFormatError or *DamagedError.
func DecodeBackup(data []byte) (*Backup, error) {
	d := newDecoder(data, "backup", backupAdvice)
	var h backupHeader
	if err := d.first("backup_version", BackupVersion, &h); err != nil {
		return nil, err
	}
	if h.Version < 1 || h.LeftOut < 0 {
		return nil, d.damaged("the header has no version, or a negative count")
	}
	s := (&Snapshot{}).Clone()
	if err := d.pinned(h.Brokers, s.Brokers); err != nil {
		return nil, err
	}
	if err := d.entries(s); err != nil {
		return nil, err
	}
	for key, r := range s.Records {
		if !r.Redaction.None() {
			return nil, d.damaged("the message of %q before this line is incomplete", key.Topic)
		}
	}
	if len(s.Pending) > 0 {
		return nil, d.damaged("it is preceded by pending entries, which a backup cannot have")
	}
	return &Backup{Made: h.Made, Lineage: h.Lineage, LeftOut: h.LeftOut, Brokers: s.Brokers, Records: s.Records}, nil
}
