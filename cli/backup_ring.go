package cli

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/retainctl/retainctl/folder"
	"github.com/retainctl/retainctl/state"
)

// backupFolder is the folder of backups, beside the configuration. keptBackups is how many of
// them are kept of each state.
const (
	backupFolder = ".retainctl/backup"
	backupEnd    = ".backup"
	keptBackups  = 20
)

// ring is the folder of a state's last backups.
type ring struct {
	root   string // the folder of the configuration
	folder string // below it
	state  string // for people; "" of a backup that an earlier version wrote
}

// ringOf returns the ring of the state at an address. A file below the configuration is named relative to it,
// so that the ring stays with a folder that is moved.
func ringOf(s *session, address string) ring {
	name := address
	if rel, err := filepath.Rel(s.Dir, address); err == nil && filepath.IsLocal(rel) {
		name = filepath.ToSlash(rel)
	}
	return ring{root: s.Dir, folder: filepath.Join(backupFolder, ringName(name)), state: name}
}

// longestRing is how long the name of a ring is at most, in bytes; file systems take 255.
const longestRing = 200

// ringName returns the name of the folder of a state's backups.
func ringName(state string) string {
	name := url.QueryEscape(state)
	if len(name) > longestRing {
		sum := sha256.Sum256([]byte(state))
		name = name[:longestRing] + "-" + hex.EncodeToString(sum[:8])
	}
	return name
}

// allRings returns the ring of each state that has backups, and the folder above them, in which an earlier
// version kept those of all states.
func allRings(s *session) ([]ring, error) {
	above := ring{root: s.Dir, folder: backupFolder}
	entries, err := above.file("").Entries()
	if err != nil {
		return nil, err
	}
	var rings []ring
	for _, entry := range entries {
		if entry.IsDir() {
			name, err := url.QueryUnescape(entry.Name())
			if err != nil {
				name = entry.Name()
			}
			rings = append(rings, ring{root: s.Dir, folder: filepath.Join(backupFolder, entry.Name()), state: name})
		}
	}
	return append(rings, above), nil
}

// file returns a file of the ring, or the ring itself for the name "".
func (r ring) file(name string) folder.File {
	return folder.Fixed(r.root, filepath.Join(r.folder, name))
}

// backups lists the names of the backups, the oldest first.
func (r ring) backups() ([]string, error) {
	files, err := r.file("").Entries()
	if err != nil {
		return nil, err
	}
	var found []string
	for _, f := range files {
		if f.Type().IsRegular() && strings.HasSuffix(f.Name(), backupEnd) && backupNumber(f.Name()) > 0 {
			found = append(found, f.Name())
		}
	}
	slices.SortFunc(found, func(a, b string) int {
		return cmp.Or(cmp.Compare(backupNumber(a), backupNumber(b)), cmp.Compare(a, b))
	})
	return found, nil
}

// prune removes all but the last keptBackups backups. It also removes the files of killed
// writers, because they hold payloads too. It ignores what it cannot remove, and what is no backup.
func (r ring) prune() {
	there, _ := r.backups() // they were listed a moment ago
	for _, name := range there[:max(len(there)-keptBackups, 0)] {
		if ours, _ := r.file(name).Begins(state.BackupBegin); ours {
			r.file(name).Remove()
		}
	}
	files, _ := r.file("").Entries()
	for _, f := range files {
		if strings.HasPrefix(f.Name(), ".") && strings.Contains(f.Name(), backupEnd+".tmp") && isOld(f) {
			r.file(f.Name()).Remove()
		}
	}
}

// leftoverAge is the age at which a half-written backup is taken for that of a killed writer.
const leftoverAge = time.Hour

func isOld(f fs.DirEntry) bool {
	info, err := f.Info()
	return err == nil && time.Since(info.ModTime()) > leftoverAge
}

// backupName returns a name that sorts after the existing ones. It begins with a number, because
// a clock may go back.
func backupName(there []string, b *state.Backup) string {
	last := 0
	if len(there) > 0 {
		last = backupNumber(there[len(there)-1])
	}
	return fmt.Sprintf("%04d-%s%s", last+1, b.Made.Format("20060102T150405Z"), backupEnd)
}

// backupNumber returns the number in a backup's name, 0 if it has none.
func backupNumber(name string) int {
	digits, _, _ := strings.Cut(name, "-")
	n, err := strconv.ParseInt(digits, 10, 32)
	if err != nil {
		return 0
	}
	return int(n)
}
