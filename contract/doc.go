// Package contract runs the contract tests of broker/brokertest on the brokers that people use,
// and those of state/statetest on the S3 store with versitygw (see s3gateway). Its tests start
// each server on a free port of the loopback interface, as the current user and with temporary
// data.
//
// It is a separate module, which keeps NATS and versitygw out of the program's dependencies.
// make test-brokers installs whatever is missing and runs all tests;
//
//	go test -run 'NATS|S3'
//
// needs nothing but what go test downloads. With UPDATE_DOCS=1 the tests write their table of
// results into docs/brokers.md.
package contract
