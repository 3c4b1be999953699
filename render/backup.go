package render

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/state"
)

type eventBackup struct {
	File     string `json:"file"`
	Messages int    `json:"messages"`
	LeftOut  int    `json:"left_out"`
}

// Backup writes where what an apply replaces is kept, and the command that publishes
// it back, on a line of its own to be copied.
func Backup(w io.Writer, file string, b *state.Backup) error {
	text := backupLine(b)
	if len(b.Records) > 0 {
		text += fmt.Sprintf(" To undo:\n  %s", "retainctl restore "+Escape(file))
	}
	_, err := fmt.Fprintf(w, "%s\n", text)
	return err
}

// Backup is the same as an event.
func (e *Events) Backup(file string, b *state.Backup) {
	e.emit(event{Level: "info", Message: backupLine(b), Type: "backup", Backup: &eventBackup{file, len(b.Records), b.LeftOut}})
}

func backupLine(b *state.Backup) string {
	line := fmt.Sprintf("Backed up %s before replacing or deleting.", Count(len(b.Records), "message"))
	if len(b.Records) == 0 {
		line = "Nothing that this replaces is backed up."
	}
	if b.LeftOut > 0 {
		line += fmt.Sprintf(" Left out as sensitive: %s.", number(b.LeftOut))
	}
	return line
}

// BackupRow is a backup in the list of all.
type BackupRow struct {
	File    string
	State   string // whose backup it is; "" if it is not known
	Damaged bool
	Summary state.BackupSummary
}

// Backups writes a table of backups.
func Backups(w io.Writer, rows []BackupRow) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "MADE\tSTATE\tMESSAGES\tLEFT OUT\tBACKUP")
	for _, r := range rows {
		made, messages, leftOut := "?", "damaged", "?"
		if !r.Damaged {
			made = r.Summary.Made.UTC().Format(time.RFC3339)
			messages, leftOut = number(r.Summary.Messages), number(r.Summary.LeftOut)
		}
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\n", made, Escape(cmp.Or(r.State, "?")), messages, leftOut, Escape(r.File))
	}
	return out.Flush()
}

// StillDeclared writes that the next apply would undo a restore, where it would.
func StillDeclared(w io.Writer, p *plan.Plan, s Style) error {
	i := slices.IndexFunc(p.Warnings, func(w plan.Warning) bool { return w.Kind == plan.WarnRestored })
	if i < 0 {
		return nil
	}
	return writeNotices(w, []notice{warningNotice(p.Warnings[i])}, s)
}
