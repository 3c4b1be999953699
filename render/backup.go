package render

import (
	"fmt"
	"io"
	"slices"

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

// StillDeclared writes that the next apply would undo a restore, where it would.
func StillDeclared(w io.Writer, p *plan.Plan, s Style) error {
	i := slices.IndexFunc(p.Warnings, func(w plan.Warning) bool { return w.Kind == plan.WarnRestored })
	if i < 0 {
		return nil
	}
	return writeNotices(w, []notice{warningNotice(p.Warnings[i])}, s)
}
