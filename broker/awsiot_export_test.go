package broker

import "testing"

// Unpace lifts the quotas of an aws_iot target, for tests that time nothing: the
// contract's thousands of topics would take half a minute at AWS's.
func Unpace(w Writer) {
	t := w.(*awsIoT)
	t.publishing, t.getting, t.listing = newPacer(1e6), newPacer(1e6), newPacer(1e6)
}

// ShutAWSEnvironment keeps out what the machine is set to.
func ShutAWSEnvironment(t *testing.T) { awsEnvironment(t) }
