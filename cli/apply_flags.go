package cli

// applyFlags are the flags of plan, and those that only apply has.
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
	fs.BoolVar(&f.verify, "verify", true,
		"read back what was written if the broker's acknowledgement does not prove that it was stored")
	fs.StringVar(&f.backup, "backup", "",
		"write the messages that are replaced to this `file` instead of one in .retainctl/backup")
	fs.refuse("out", "save a plan with \"plan -out=FILE\", review it, then run \"apply FILE\".", false)
	fs.refuse("detailed-exitcode",
		"only plan reports changes by its exit status: run \"plan -detailed-exitcode\".", true)
}
