package cli

// Version is the version of the program, by semantic versioning.
const Version = "0.1.0"

const (
	exitDone        = 0
	exitError       = 1
	exitChanges     = 2
	exitInterrupted = 130
)

// exitStatuses describes the exit statuses of all commands, for the documentation.
var exitStatuses = [][2]string{
	{"0", "done, or no changes"},
	{"1", "error, or something was not done"},
	{"2", "there are changes (plan -detailed-exitcode)"},
	{"130", "interrupted; SIGTERM and SIGHUP count as Ctrl-C"},
}

// environment describes the variables that the program reads, for the documentation.
var environment = [][2]string{
	{"RETAINCTL_VAR_name", "the value of a variable"},
	{"RETAINCTL_LOG=debug", "log to stderr"},
	{"RETAINCTL_EVALUATION_TIME", "how long the configuration may be evaluated, such as 5m; 1m by default"},
	{"RETAINCTL_EVALUATION_MEMORY", "the memory that this may take, such as 8GiB; by default three quarters of what is available"},
	{"NO_COLOR", "no colour, like -no-color"},
	{"RETAINCTL_BROKER_PASSWORD", "the password that \"retainctl broker -username\" asks clients for"},
}
