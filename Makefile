# Two commands for a newcomer: `make run` and `make test`. The rest is for developers.

# What the program needs to build and to run, and the tools that the tests compare it with.
PACKAGES := g++ pkg-config ca-certificates libcurl4-openssl-dev libssl-dev libunbound-dev libre2-dev \
	libpsl-dev libsqlite3-dev
TEST_PACKAGES := openssl curl
TOOLS := prometheus prometheus-blackbox-exporter prometheus-alertmanager nginx
TOOLS_PATH := $(CURDIR)/.build/tools/usr/bin:$(CURDIR)/.build/tools/usr/sbin

# Tests by need (.ci/run-tests): what computes runs side by side, what waits for programs that it
# spawned a few at a time, and everything else one by one in a process of its own.
PURE_TESTS := ^(HealthModel|TLSFindings|Scheduling|Observing|ResultFormat|Alerting|Exposition|Catalogue|RuleTesting|PatternMatching|StatusServer|Simulation|TLSInspection|Tidy)Tests
SPAWNING_TESTS := ^EndToEndTests

# More compilers than cores for the optimised build: SwiftPM starts modules by their names, so that
# with one for each core our longest chain of modules waits for libraries that nobody waits for. In
# the other build each would cut a module into more parts, and every part reads the whole module.
JOBS := $(shell expr $$(nproc) + 4)

.PHONY: run build test lint format reference bench bench-store torture sanitize soak fuzz packages tools clean

## run: build and watch the catalogue played on loopback, with a short outage
# The build is that of the tests, half the work of the one for a server: checks stay in, and what
# decides is optimised all the same.
run: .build/debug/vitaal
	exec .build/debug/vitaal run --lab

# Only when a file is newer: `swift build` takes seconds to find that out.
.build/debug/vitaal: Package.swift $(shell find Sources -type f) | packages
	@.ci/announce $@ "building vitaal" "6 minutes" "3 minutes"
	swift build --product vitaal
	@touch $@

## build: the program for a server, optimised, with all of Swift in it: .build/release/vitaal
build: .build/release/vitaal

.build/release/vitaal: Package.swift $(shell find Sources -type f) | packages
	@.ci/announce $@ "building vitaal for a server" "10 minutes" "6 minutes"
	swift build -c release --static-swift-stdlib --product vitaal --jobs $(JOBS)
	@touch $@

## test: lint, then everything, including tests that spawn the program
test: packages tools lint
	@.ci/announce .build/debug/vitaalPackageTests.xctest "building the tests" "10 minutes" "6 minutes"
	swift build --build-tests
	PATH="$(TOOLS_PATH):$$PATH" .ci/run-tests .build/test.log \
		.build/debug/vitaalPackageTests.xctest '$(PURE_TESTS)' '$(SPAWNING_TESTS)'

lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests

format:
	swift format --in-place --recursive --parallel Package.swift Sources Tests

## reference: docs/reference/ anew from the program; a test tells when it lags behind
reference: packages
	swift build --build-tests
	VITAAL_WRITE_REFERENCE=1 .build/debug/vitaalPackageTests.xctest \
		--testing-library swift-testing --filter ReferencePageTests

## bench: Vitaal beside blackbox_exporter, Prometheus and openssl, in the same seconds
bench: packages tools
	swift build -c release --static-swift-stdlib
	PATH="$(TOOLS_PATH):$$PATH" .build/release/vitaal-bench
	.build/release/vitaal-bench --distrust
	.build/release/vitaal-bench --rules
	PATH="$(TOOLS_PATH):$$PATH" .build/release/vitaal-bench --alerts

## bench-store: the durable store with a month of 1,000 endpoints, beside Prometheus and
## VictoriaMetrics; STORE_ENDPOINTS=10000 for the full size
bench-store: TOOLS += victoria-metrics
bench-store: packages tools
	swift build -c release --static-swift-stdlib
	PATH="$(TOOLS_PATH):$$PATH" .build/release/vitaal-bench --store $(or $(STORE_ENDPOINTS),1000)

## torture: a thousand kills and ten power cuts of a process that writes to the store, then the
## tests of damaged and failing disks with larger files, then a thousand kills of a monitor that
## tells a receiver of a service that fails and heals (three quarters of an hour); then a year
## of outages of 1,000 endpoints with 50 seeds (YEAR_SEEDS), of which each must be told and nothing else
torture: packages tools
	swift build -c release --static-swift-stdlib --product vitaal-bench
	.build/release/vitaal-bench --torture $(or $(TORTURE_KILLS),1000) $(or $(TORTURE_CUTS),10)
	VITAAL_TORTURE=1 swift test --no-parallel --filter DurableStoreTests.FaultTests
	PATH="$(TOOLS_PATH):$$PATH" VITAAL_KILLS=$(or $(TORTURE_KILLS),1000) \
		swift test --no-parallel --filter KillTests
	.build/release/vitaal-bench --simulate-year --seeds $(or $(YEAR_SEEDS),50)

## soak: ten minutes of 1,000 endpoints in a flapping lab; SOAK_SECONDS=60 for a short one
soak: packages tools
	swift build -c release --static-swift-stdlib
	.build/release/vitaal-bench --soak $(or $(SOAK_SECONDS),600)

## sanitize: the tests under Thread Sanitizer, then under Address Sanitizer
sanitize: packages tools
	PATH="$(TOOLS_PATH):$$PATH" TSAN_OPTIONS="suppressions=$(CURDIR)/.ci/thread-sanitizer-suppressions" \
		swift test --no-parallel --sanitize=thread --scratch-path .build-thread
	PATH="$(TOOLS_PATH):$$PATH" ASAN_OPTIONS="detect_leaks=0" \
		swift test --no-parallel --sanitize=address --scratch-path .build-address

## fuzz: every parser of what strangers send, FUZZ_SECONDS each (600)
fuzz: packages
	VITAAL_FUZZ=1 swift build --sanitize address --sanitize fuzzer --scratch-path .build-fuzz \
		-Xswiftc -sanitize-coverage=edge,inline-8bit-counters,pc-table,trace-cmp \
		--product vitaal-fuzz
	.ci/fuzz .build-fuzz/debug/vitaal-fuzz $(or $(FUZZ_SECONDS),600)

packages:
	@.ci/install-packages $(PACKAGES)

tools:
	@.ci/install-packages $(TEST_PACKAGES)
	@.ci/unpack-tools .build/tools $(TOOLS)

clean:
	rm -rf .build .build-thread .build-address .build-fuzz
