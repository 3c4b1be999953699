package cli

import "context"

func restoreCommand() command {
	return command{
		name: "restore", args: "[BACKUP]", brief: "publish again what an apply replaced or deleted",
		about: `Plans to publish the messages that a backup holds, prints the plan, asks and publishes, as apply ` +
			`does: what changes meanwhile is a conflict, and what this replaces is backed up too. A message that ` +
			`was deleted is published again. One that was replaced gets back its payload, its properties and what ` +
			`remained of its expiry. Messages that the apply created stay.

Without an argument it lists the backups of all states of the folder: when each was made, of which state, and how ` +
			`many messages it holds.

The configuration is not changed. Unless you change it too, the next apply replaces the messages again.

Exit status: 0 done, 1 error or something was not done, 130 interrupted.`,
		define: func(fs *flags) runFunc {
			f := applyFlags{planFlags: planFlags{refresh: true}, operation: "restore"}
			f.defineShared(fs)
			f.defineApply(fs)
			return func(ctx context.Context, s *session, args []string) (int, error) {
				return runRestore(ctx, s, &f, args)
			}
		},
	}
}

func runRestore(ctx context.Context, s *session, f *applyFlags, args []string) (int, error) {
	a, err := prepareApply(s, f)
	if err != nil {
		return 0, err
	}
	if len(args) == 0 && !f.autoApprove && f.expect == "" && s.events == nil {
		return exitDone, listBackups(s)
	}
	if len(args) != 1 {
		return 0, failure("Which backup?", "To restore, name one backup file. \"retainctl restore\" alone lists them.")
	}
	if f.backup != "" && sameFile(s, f.backup, args[0]) {
		return 0, failure("The backup to restore would be overwritten",
			"-backup names the backup that is being restored, and whatever is not restored would be lost. Name "+
				"another file.")
	}
	if f.restoring, err = readBackup(s, args[0]); err != nil {
		return 0, err
	}
	return a.newPlan(ctx)
}
