// Package contract tests other people's brokers with the contract of broker/brokertest, and the S3
// store with that of state/statetest, on versitygw (which s3gateway starts). Its tests start each
// of them on a free port of the loopback interface, as the user who runs the tests and with
// temporary data.
//
// It is a separate module, so that NATS and versitygw stay out of the program's dependencies. make
// test-brokers installs what is missing and runs all tests;
//
//	go test -run 'NATS|S3'
//
// needs nothing but what go test fetches. With UPDATE_DOCS=1 the table that the tests print is
// written to docs/brokers.md.
package contract
