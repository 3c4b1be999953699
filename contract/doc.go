// Package contract holds brokers that people run to the contract of
// broker/brokertest, and the S3 store to that of state/statetest, on versitygw
// (s3gateway starts it). Its tests start each of them on a free port of the loopback
// interface, as the user who runs the tests and with data that is thrown away.
//
// It is a module of its own, so that NATS and versitygw stay out of the
// program's dependencies. make test-brokers installs what is missing and runs all of it;
//
//	go test -run 'NATS|S3'
//
// needs nothing that go test does not fetch. With UPDATE_DOCS=1 the table that
// the tests print goes into docs/brokers.md.
package contract
