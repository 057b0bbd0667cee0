# Every step is defined once, in .ci/run; these are its names for daily work.

.PHONY: check test race fuzz bench compare generate

check: # all that needs no run of the tests, on every system that we build for
	.ci/run build cgofree fmt vet cross modern staticcheck arch

test:
	go test ./...

race:
	CGO_ENABLED=1 go test -race ./...

fuzz: # FUZZTIME=1m make fuzz
	.ci/run fuzz

bench:
	go run ./cmd/rawloop bench --self

compare:
	cd internal/compare && go run . $(COMPARE)

generate: # needs clang-14 and llvm-strip-14; what it writes is committed
	go generate ./rawsock/...
