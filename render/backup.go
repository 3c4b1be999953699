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

// eventBackup is what a backup event says of the file.
type eventBackup struct {
	File     string `json:"file"`
	Messages int    `json:"messages"`
	LeftOut  int    `json:"left_out"`
}

// Backup writes how many messages a backup holds and how many it leaves out. Unless it is empty, the command that
// restores the file follows on a separate line, ready to be copied.
func Backup(w io.Writer, file string, b *state.Backup) error {
	text := backupLine(b)
	if len(b.Records) > 0 {
		text += fmt.Sprintf(" To undo:\n  %s", "retainctl restore "+Escape(file))
	}
	_, err := fmt.Fprintf(w, "%s\n", text)
	return err
}

// Backup writes the same as a backup event, which names the file.
func (e *Events) Backup(file string, b *state.Backup) {
	e.emit(event{
		Level: "info", Message: backupLine(b), Type: "backup",
		Backup: &eventBackup{file, len(b.Records), b.LeftOut},
	})
}

func backupLine(b *state.Backup) string {
	line := fmt.Sprintf("Backed up %s before replacing or deleting.", Count(len(b.Records), "message"))
	if len(b.Records) == 0 {
		line = "No message was backed up."
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

// StillDeclared writes the warning that the next apply would undo a restore, or nothing if the plan has no such
// warning.
func StillDeclared(w io.Writer, p *plan.Plan, s Style) error {
	i := slices.IndexFunc(p.Warnings, func(w plan.Warning) bool { return w.Kind == plan.WarnRestored })
	if i < 0 {
		return nil
	}
	return writeNotices(w, []notice{warningNotice(p.Warnings[i])}, s)
}
