package cli

// Version is this program's own, by semantic versioning.
const Version = "0.1.0"

const (
	exitDone        = 0
	exitError       = 1
	exitChanges     = 2
	exitInterrupted = 130
)

// exitStatuses are those of every command, for the documents.
var exitStatuses = [][2]string{
	{"0", "done, or no changes"},
	{"1", "error, or something was not done"},
	{"2", "there are changes (plan -detailed-exitcode)"},
	{"130", "interrupted; SIGTERM and SIGHUP are taken as Ctrl-C"},
}

// environment lists the variables that the program reads, for the documents.
var environment = [][2]string{
	{"RETAINCTL_VAR_name", "the value of a variable"},
	{"RETAINCTL_LOG=debug", "log to stderr"},
	{"NO_COLOR", "no colour, as -no-color"},
	{"RETAINCTL_BROKER_PASSWORD", "the password that \"retainctl broker -username\" asks clients for"},
}
