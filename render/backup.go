package render

import (
	"fmt"
	"io"
	"slices"

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

// StillDeclared writes the warning that the next apply would undo a restore, or nothing if the plan has no such
// warning.
func StillDeclared(w io.Writer, p *plan.Plan, s Style) error {
	i := slices.IndexFunc(p.Warnings, func(w plan.Warning) bool { return w.Kind == plan.WarnRestored })
	if i < 0 {
		return nil
	}
	return writeNotices(w, []notice{warningNotice(p.Warnings[i])}, s)
}
