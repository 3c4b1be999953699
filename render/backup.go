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

// Backup writes where what an apply replaces is kept.
func Backup(w io.Writer, file string, b *state.Backup) error {
	_, err := fmt.Fprintf(w, "%s\n", backupLine(file, b))
	return err
}

// Backup is the same as an event.
func (e *Events) Backup(file string, b *state.Backup) {
	e.emit(event{Level: "info", Message: backupLine(file, b), Type: "backup", Backup: &eventBackup{file, len(b.Records), b.LeftOut}})
}

func backupLine(file string, b *state.Backup) string {
	line := fmt.Sprintf("Kept %s that this replaces: \"retainctl restore %s\" publishes back.", Count(len(b.Records), "message"), Escape(file))
	if len(b.Records) == 0 {
		line = "Nothing that this replaces is kept."
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
