package cli

// applyFlags are plan's flags and apply's own.
type applyFlags struct {
	planFlags
	autoApprove bool
	expect      string
	verify      bool
	backup      string
	operation   string // "apply" or "restore"
}

func (f *applyFlags) define(fs *flags) {
	f.planFlags.define(fs)
	f.defineApply(fs)
}

// defineApply declares the flags that plan does not have.
func (f *applyFlags) defineApply(fs *flags) {
	fs.BoolVar(&f.autoApprove, "auto-approve", false, "do not ask")
	fs.StringVar(&f.expect, "expect", "", "apply only if the plan still has this `token`")
	fs.BoolVar(&f.verify, "verify", true, "read back what was written, where the broker's acknowledgement does not prove that it is stored")
	fs.StringVar(&f.backup, "backup", "", "write the messages that are replaced to this `file` instead of one in .retainctl/backup")
	fs.elsewhere("out", "save a plan with \"plan -out=FILE\", review it, then run \"apply FILE\".", false)
	fs.elsewhere("detailed-exitcode", "whether there are changes is plan's to tell: run \"plan -detailed-exitcode\".", true)
}
