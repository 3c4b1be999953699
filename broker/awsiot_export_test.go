package broker

import "testing"

// Unpace removes the pacing of an aws_iot target, for tests that do not measure time: the
// contract's thousands of topics would take half a minute at AWS's quotas.
func Unpace(w Writer) {
	t := w.(*awsIoT)
	t.publishing, t.getting, t.listing = newPacer(1e6), newPacer(1e6), newPacer(1e6)
}

// ShutAWSEnvironment hides the AWS settings of the machine.
func ShutAWSEnvironment(t *testing.T) { awsEnvironment(t) }
