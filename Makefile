# `make` shows the targets. Only `setup` downloads anything.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
SHELL := /bin/sh

FIND_PYTHON = for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done
PYTHON ?= $(shell $(FIND_PYTHON))
PY := .venv/bin/python
# Written when the packages are complete, so that a set-up that stopped half-way goes on.
READY := .venv/set-up-for
PYTEST := $(PY) -m pytest -m "not long"
PARALLEL := -n 2 --dist worksteal
# Three on two cores: many of these wait, for processes or for each other. Who has nothing left to do takes tests from
# the others.
WAITING := -n 3 --dist worksteal
CODE := nivis_tofu tests tools

# Cron, containers and CI may leave HOME empty; "~" would then be the root directory.
ifeq ($(strip $(HOME)),)
export HOME := $(shell "$(PYTHON)" -c 'import os, pwd; print(pwd.getpwuid(os.getuid()).pw_dir)')
endif

.PHONY: help setup demo test tutorial check fmt lint types unit processes integration nixlib e2e terraform matrix test-long campaign fuzz bench docs docs-pictures clean

help: ## show this list
	@grep -E '^[a-z0-9-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | while IFS='	' read -r name text; do \
		printf '  make %-13s %s\n' "$$name" "$$text"; done

setup: ## install what is missing: Python packages in .venv, Nix, OpenTofu (repeatable)
	@if [ -z "$(PYTHON)" ]; then \
		echo "Python 3.11 or newer was not found. hint: install python3 and python3-venv, or PYTHON=..." >&2; exit 1; fi
	@"$(PYTHON)" -m tools.setup

demo: setup ## a run in three phases, from nothing to destroyed, no cloud account needed
	@$(PY) -m tools.demo

test: setup ## set up, then everything of `make check`
	@$(MAKE) check

tutorial: setup ## the tutorial word for word, with the AWS provider against a local fake cloud
	@$(PY) -m tools.tutorial

check: lint types unit processes ## what CI runs

fmt: $(READY) ## format the Python code
	$(PY) -m ruff check --select I --fix --quiet $(CODE)
	$(PY) -m ruff format $(CODE)

lint: $(READY) ## formatting and lint, changes nothing
	$(PY) -m ruff format --check $(CODE)
	$(PY) -m ruff check $(CODE)

types: $(READY) ## mypy, strict
	$(PY) -m mypy $(CODE)

# Thousands of small files that are gone at once: in memory, where there is room and programs may be run.
MEMORY = $(shell test -w /dev/shm && ! grep -q ' /dev/shm .*noexec' /proc/mounts && \
	df -Pk /dev/shm | awk 'NR == 2 && $$4 > 1000000 { print "/dev/shm" }')

unit: export PYTEST_DEBUG_TEMPROOT = $(MEMORY)
unit: $(READY) ## unit and architecture tests, and the adapters against recorded streams
	$(PYTEST) $(WAITING) tests/unit tests/golden

# In one go: between two runs of pytest workers would stand idle.
processes: $(READY)
	$(PYTEST) $(WAITING) tests/nixlib tests/integration tests/e2e

integration: $(READY) ## real nix and real tofu, module by module
	$(PYTEST) $(WAITING) tests/integration

nixlib: $(READY) ## the Nix library, one test per function and error
	$(PYTEST) $(PARALLEL) tests/nixlib

e2e: $(READY) ## the command line as a user runs it
	$(PYTEST) $(WAITING) tests/e2e

test-long: $(READY) ## hundreds of generated graphs and edits, and of examples for each property of the unit tests
	HYPOTHESIS_PROFILE=long $(PYTEST) $(PARALLEL) tests/unit
	$(PY) -m pytest -m long $(WAITING) tests

# With Terraform as the engine, what does not ask for OpenTofu.
terraform: $(READY)
	$(PYTEST) $(WAITING) -k terraform tests/integration tests/e2e

matrix: $(READY) # tests and demo with each Nix, Python and engine, in fresh clones (ROWS="...", TARGETS="...")
	$(PY) -m tools.matrix $(ROWS) $(if $(TARGETS),--targets "$(TARGETS)")

MINUTES ?= 5
WORKERS ?= 1
campaign: $(READY) # random graphs, edits and faults on the real engine (MINUTES=5, SEED=, WORKERS=1)
	$(PY) -m tests.campaign --minutes $(MINUTES) --workers $(WORKERS) $(if $(SEED),--seed $(SEED))

bench: $(READY) # measure nivis against plain tofu; ROWS="scale-1000 tutorial" takes some rows, ROWS=list names them
	$(PY) -m tests.bench $(ROWS)

INPUTS ?= 1000
LARGEST ?= 0
fuzz: $(READY) # what comes from outside, damaged: INPUTS (1000) for each reader, growing up to LARGEST bytes (0: not)
	$(PY) -m tests.fuzz --inputs $(INPUTS) --largest $(LARGEST)

docs: $(READY) ## build the documentation site into build/site, strict about links
	NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --strict --quiet

docs-pictures: $(READY) # make the pictures, and the outputs that pages show, anew from real runs
	$(PY) -m tools.pictures
	$(PYTEST) -n 0 -q --adopt tests/e2e/test_pages.py

clean: ## remove what the targets made here (not the cache of OpenTofu)
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY):
	@$(MAKE) setup
