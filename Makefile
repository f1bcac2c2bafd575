# What people type. Each target says what it does; the work is in swift, tools/ and the program itself.
SHELL := /bin/bash
.DEFAULT_GOAL := help

SEEDS ?= 2000
DEMO_ARGS ?=
SOURCES := Package.swift Sources Tests
# Without debug information: less to compile and to link. As in tools/test, so that the two share one build; for a
# debugger run `swift build` yourself.
DEBUG_BUILD := swift build -debug-info-format none

.PHONY: help setup demo test bench simulate format

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | awk -F '\t' '{printf "make %-10s %s\n", $$1, $$2}'

setup: ## install what the build needs (done by the others too)
	@tools/setup

demo: ## a shop, a Bloomreach project and Plumbline between them, on this machine
	@tools/setup
	@[ -x .build/debug/plumbline ] || echo "first build takes 10 to 15 minutes on 2 cores"
	$(DEBUG_BUILD) --product plumbline
	.build/debug/plumbline demo $(DEMO_ARGS)

test: ## every test, then the contracts with the outside
	@tools/test

bench: ## throughput of the release build
	@tools/setup
	swift build -c release --product plumbline
	.build/release/plumbline bench all

simulate: ## SEEDS=2000 histories with faults, on virtual time
	@tools/setup
	swift build -c release --product plumbline
	.build/release/plumbline simulate --seeds $(SEEDS)

format: ## format every Swift file in place
	swift format --in-place --recursive --configuration .swift-format $(SOURCES)
