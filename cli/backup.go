package cli

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/retainctl/retainctl/render"
	"github.com/retainctl/retainctl/state"
)

// backUp writes what an apply is about to replace to a new file of the state's ring, or to the file that
// -backup names, and prints its name.
func backUp(s *session, p *project, b *state.Backup, file string) error {
	if len(b.Records) > 0 {
		written, err := writeBackup(s, p, b, file)
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
func writeBackup(s *session, p *project, b *state.Backup, file string) (string, error) {
	data, err := state.EncodeBackup(b)
	if err != nil {
		return "", err
	}
	if file != "" {
		return file, s.named(file).ReplacePrivate(data)
	}
	ring := ringOf(s, p.store.Address())
	there, err := ring.backups()
	if err != nil {
		return "", err
	}
	name := backupName(there, b)
	if err := ring.file(name).MakeFolder(0o700); err != nil {
		return "", err
	}
	if err := ring.file(name).Replace(data); err != nil {
		return "", err
	}
	ring.prune()
	return filepath.Join(ring.folder, name), nil
}

func readBackup(s *session, path string) (*state.Backup, error) {
	data, err := s.named(path).Read(state.MaxDocument)
	if err != nil {
		return nil, failure("No backup", headline(err)+".")
	}
	b, err := state.DecodeBackup(data)
	if err != nil {
		return nil, failure(fmt.Sprintf("Backup %q", path), headline(err)+".")
	}
	return b, nil
}

// listBackups prints the backups of all states of the folder, the newest of each state first.
func listBackups(s *session) error {
	rings, err := allRings(s)
	if err != nil {
		return failure("The backups cannot be listed", headline(err)+".")
	}
	var rows []render.BackupRow
	for _, ring := range rings {
		there, err := ring.backups()
		if err != nil {
			return failure("The backups cannot be listed", headline(err)+".")
		}
		for i := range there {
			rows = append(rows, ring.row(there[len(there)-1-i]))
		}
	}
	if len(rows) == 0 {
		fmt.Fprintf(s.Stdout, "There are no backups in %s: an apply writes one when it replaces or deletes messages.\n",
			backupFolder)
		return nil
	}
	return render.Backups(s.Stdout, rows)
}

// row summarises a backup for the list of all.
func (r ring) row(name string) render.BackupRow {
	row := render.BackupRow{File: filepath.Join(r.folder, name), State: r.state}
	file, err := r.file(name).Open(os.O_RDONLY, 0)
	if err == nil {
		defer file.Close()
		row.Summary, err = state.SummarizeBackup(file)
	}
	row.Damaged = err != nil
	return row
}
