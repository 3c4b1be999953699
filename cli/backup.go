package cli

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/retainctl/retainctl/render"
	"github.com/retainctl/retainctl/state"
)

// backupFolder is the folder of backups, beside the configuration. keptBackups is how many of
// them are kept.
const (
	backupFolder = ".retainctl/backup"
	backupEnd    = ".backup"
	keptBackups  = 20
)

// backUp writes what an apply is about to replace to a new file, or to the file that -backup
// names, and prints its name.
func backUp(s *session, b *state.Backup, file string) error {
	if len(b.Records) > 0 {
		written, err := writeBackup(s, b, file)
		if err != nil {
			return fmt.Errorf("%w; -backup=FILE writes it to another place", err)
		}
		file = written
	}
	if s.events != nil {
		s.events.Backup(file, b)
		return s.events.Err()
	}
	return render.Backup(s.Stderr, file, b)
}

// writeBackup returns the name of the file that it wrote.
func writeBackup(s *session, b *state.Backup, file string) (string, error) {
	data, err := state.EncodeBackup(b)
	if err != nil {
		return "", err
	}
	if file != "" {
		return file, writePrivate(s.path(file), data)
	}
	folder := filepath.Join(s.Dir, backupFolder)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	name := backupName(backups(folder), b)
	if err := state.WriteFile(filepath.Join(folder, name), data); err != nil {
		return "", err
	}
	prune(folder)
	return filepath.Join(backupFolder, name), nil
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

// backups lists the names of the backups in a folder, the oldest first.
func backups(folder string) []string {
	files, _ := os.ReadDir(folder) // a folder that does not exist yet has none
	var found []string
	for _, f := range files {
		if strings.HasSuffix(f.Name(), backupEnd) && backupNumber(f.Name()) > 0 {
			found = append(found, f.Name())
		}
	}
	slices.SortFunc(found, func(a, b string) int {
		return cmp.Or(cmp.Compare(backupNumber(a), backupNumber(b)), cmp.Compare(a, b))
	})
	return found
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

// leftoverAge is the age at which a half-written backup is taken for that of a killed writer.
const leftoverAge = time.Hour

// prune removes all but the last keptBackups backups. It also removes the files of killed
// writers, because they hold payloads too. It ignores what it cannot remove.
func prune(folder string) {
	there := backups(folder)
	for _, name := range there[:max(len(there)-keptBackups, 0)] {
		os.Remove(filepath.Join(folder, name))
	}
	halves, _ := filepath.Glob(filepath.Join(folder, ".*"+backupEnd+".tmp*"))
	for _, half := range halves {
		if info, err := os.Stat(half); err == nil && time.Since(info.ModTime()) > leftoverAge {
			os.Remove(half)
		}
	}
}

func readBackup(s *session, path string) (*state.Backup, error) {
	data, err := state.ReadFile(s.path(path))
	if err != nil {
		return nil, failure("No backup", headline(err)+".")
	}
	b, err := state.DecodeBackup(data)
	if err != nil {
		return nil, failure(fmt.Sprintf("Backup %q", path), headline(err)+".")
	}
	return b, nil
}

// lastBackup names the newest backup, for a restore that names none.
func lastBackup(s *session) string {
	there := backups(filepath.Join(s.Dir, backupFolder))
	if len(there) == 0 {
		return fmt.Sprintf(" There are none in %s.", backupFolder)
	}
	return fmt.Sprintf(" The last one is %s.", filepath.Join(backupFolder, there[len(there)-1]))
}
