# make test    installs what the tests need (mosquitto, the AWS CLI) and runs all of them
# make check   formatting, vet, staticcheck, tidy, known vulnerabilities
# make bench   measures what the README and docs claim
# make build   bin/retainctl

GO ?= go
# Tools are pinned here and not in go.mod: their requirements would raise ours.
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK = golang.org/x/vuln/cmd/govulncheck@v1.9.0

.PHONY: test check bench build deps fuzz

build:
	$(GO) build -trimpath -o bin/retainctl .

test: deps check
	$(GO) test -timeout 20m ./...

check:
	@test -z "$$(gofmt -l . | tee /dev/stderr)" || { echo "gofmt would change the files above"; exit 1; }
	$(GO) vet ./...
	$(GO) mod tidy -diff
	$(GO) run $(STATICCHECK) ./...
	@sh scripts/vulncheck.sh "$(GO)" "$(GOVULNCHECK)"

deps:
	@sh scripts/test-deps.sh

bench:
	$(GO) test -run '^$$' -bench . -benchtime 3x -timeout 30m ./bench/

# Each fuzz target for FUZZTIME.
FUZZTIME ?= 1m
fuzz:
	@sh scripts/fuzz.sh "$(GO)" "$(FUZZTIME)"
