package cli

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/retainctl/retainctl/apply"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/render"
)

func restoreCommand() command {
	return command{
		name: "restore", args: "BACKUP", brief: "publish back what an apply replaced",
		about: `Plans to publish the messages that a backup holds, prints the plan, asks and publishes, as apply does: what changes meanwhile is a conflict, and what this replaces is backed up too. A message that was deleted comes back, one that was replaced gets its payload and properties again and what remained of its expiry. Messages that the apply created stay.

The configuration is not changed: unless it is, the next apply replaces them again.

Exit status: 0 done, 1 error or something was not done, 130 interrupted.`,
		define: func(fs *flags) runFunc {
			f := applyFlags{planFlags: planFlags{refresh: true}, operation: "restore"}
			f.defineShared(fs)
			f.defineApply(fs)
			return func(ctx context.Context, s *session, args []string) (int, error) { return s.restore(ctx, &f, args) }
		},
	}
}

func (s *session) restore(ctx context.Context, f *applyFlags, args []string) (int, error) {
	format, err := s.prepareApply(f)
	if err != nil {
		return 0, err
	}
	if len(args) != 1 {
		return 0, failure("Which backup?", "restore needs one backup file."+s.lastBackup())
	}
	if f.backup != "" && s.sameFile(f.backup, args[0]) {
		return 0, failure("The backup to restore would be overwritten", "-backup names the backup that is restored. What is not restored is lost then; name another file.")
	}
	if f.restoring, err = s.readBackup(args[0]); err != nil {
		return 0, err
	}
	return s.applyNew(ctx, f, format)
}

// lastBackup names the newest backup, for whoever asks for none.
func (s *session) lastBackup() string {
	there := backups(filepath.Join(s.Dir, backupFolder))
	if len(there) == 0 {
		return fmt.Sprintf(" There are none in %s.", backupFolder)
	}
	return fmt.Sprintf(" The last one is %s.", filepath.Join(backupFolder, there[len(there)-1]))
}

// remind says at the end of a restore that the next apply will undo it, where it will.
func (s *session) remind(p *plan.Plan, r *apply.Report) error {
	if s.events != nil || !r.Published() {
		return nil
	}
	return render.StillDeclared(s.Stderr, p, s.err())
}
