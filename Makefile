# make test       installs what the tests need (mosquitto, the AWS CLI) and runs all of them
# make test-brokers
#                 installs RabbitMQ, ejabberd and aedes too, and tests every broker with the contract, mosquitto
#                 with 100,000 messages, and the AWS endpoint with the AWS SDK for JavaScript (make test-aws-js
#                 does only that); UPDATE_DOCS=1 writes the table to docs/brokers.md
# make test-crash kills KILLS running applies with state in a file, on three kinds of broker, and as many with
#                 state in S3, and breaks the connection at every packet of an apply
# make check      formatting, vet, staticcheck, tidy, known vulnerabilities
# make test-race  the tests of concurrent packages, under the race detector (needs a C compiler)
# make test-damage
#                 flips every bit of a file of the embedded broker, and cuts it at every byte
# make test-browser
#                 installs chromium, and checks that it runs no script of a plan's HTML page
# make bench      measures the figures in README and docs
# make fuzz       each fuzz target for FUZZTIME, and every odd value in every argument
# make build      bin/retainctl
# make man        man/retainctl*.1, from the help texts

GO ?= go
FUZZTIME ?= 1m
KILLS ?= 300
# Tools are pinned here and not in go.mod: their requirements would raise ours.
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK = golang.org/x/vuln/cmd/govulncheck@v1.9.0

.PHONY: build test test-crash test-brokers test-race test-aws-js check deps bench fuzz test-damage test-browser man

build:
	$(GO) build -trimpath -o bin/retainctl .

man:
	$(GO) run . __man man

test: deps
	$(GO) test -timeout 20m ./...
	cd contract && $(GO) test -run 'NATS|S3' .

test-brokers:
	@sh scripts/test-brokers-deps.sh
	cd contract && UPDATE_DOCS=$(UPDATE_DOCS) $(GO) test -count 1 -parallel 8 -timeout 10m
	MANY=100000 $(GO) test -count 1 -run TestManyOnMosquitto -v ./cli
	@sh scripts/test-aws-js.sh "$(GO)"

test-race: deps
	$(GO) test -race -timeout 20m ./apply ./broker/... ./cli

test-crash: deps
	RETAINCTL_TEST_KILLS=$(KILLS) RETAINCTL_TEST_FAULTS=all $(GO) test -count 1 -v -run '^Test(KilledAnywhere|FaultsAtEveryPacket)$$' -timeout 60m ./cli
	cd contract && RETAINCTL_TEST_KILLS=$(KILLS) $(GO) test -count 1 -v -run '^TestKilledAnywhereOnS3$$' -timeout 60m .

test-aws-js:
	@sh scripts/test-aws-js.sh "$(GO)"

check:
	@test -z "$$(gofmt -l . | tee /dev/stderr)" || { echo "gofmt would change the files above"; exit 1; }
	$(GO) vet ./...
	cd bench/clients && $(GO) vet ./...
	cd contract && $(GO) vet ./...
	$(GO) mod tidy -diff
	cd bench/clients && $(GO) mod tidy -diff
	cd contract && $(GO) mod tidy -diff
	$(GO) run $(STATICCHECK) ./...
	@sh scripts/vulncheck.sh "$(GO)" "$(GOVULNCHECK)"

deps:
	@sh scripts/test-deps.sh

test-browser:
	@sh scripts/install-missing.sh chromium=chromium
	RETAINCTL_TEST_BROWSER=chromium $(GO) test -count 1 -run TestBrowserRunsNothing -v ./cli

bench: deps
	$(GO) test -run '^$$' -bench . -benchtime 3x -timeout 30m ./bench/
	$(GO) test -run '^$$' -bench FarAway -benchtime 1x ./broker

test-damage:
	EVERY_BIT=1 $(GO) test -timeout 30m -count 1 -run TestEveryFlip -v ./embedded/store

fuzz:
	EVERY_VALUE=1 $(GO) test -count 1 -run TestOddValues ./spec
	@sh scripts/fuzz.sh "$(GO)" "$(FUZZTIME)"
