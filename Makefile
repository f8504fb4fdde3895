# Everything a developer, CI or a curious visitor needs. Nothing here needs more than make and Python 3.11.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
OUT ?= out

.PHONY: help
help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.PHONY: setup
setup: $(STAMP)  ## system packages where missing, virtual environment, pinned dependencies

$(STAMP): requirements.lock pyproject.toml tools/system-packages
	@PYTHON=$(PYTHON) tools/system-packages
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . 2>$(VENV)/install.log \
		|| { cat $(VENV)/install.log >&2; exit 1; }
	@$(BIN)/python -m compileall -q kiosk
	@touch $@

.PHONY: run
run: setup  ## a whole demo store on this machine; without a display it plays a visit into out/
	@$(BIN)/kiosk shop --out $(OUT)

.PHONY: test
test: setup  ## all tests
	@$(BIN)/pytest -n 2 --dist worksteal

.PHONY: lint
lint: setup  ## style, types, import directions
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

.PHONY: check
check: lint requirements test  ## what CI runs

.PHONY: requirements
requirements: setup  ## which requirement is shown by which test; fails where docs and tests disagree
	@$(BIN)/python -m tools.requirements

.PHONY: gallery
gallery: setup  ## every kind of step in every interesting condition, as pictures
	@$(BIN)/kiosk gallery --out $(OUT)

.PHONY: demo
demo: setup  ## one visit, unattended, with pictures and an account
	@$(BIN)/kiosk demo --script visit --out $(OUT)

.PHONY: bench
bench: setup  ## measurements as ratios, JSON
	@$(BIN)/python -m benchmarks

.PHONY: torture
torture: setup  ## the long runs: ten thousand interleavings, and the plug pulled at every step one by one
	@KIOSK_TORTURE=1 $(BIN)/pytest -n 2 tests/hub/test_two_terminals.py tests/hw/test_one_label.py tests/hw/test_ten_thousand.py \
		tests/rules/test_agreement.py tests/simulation/test_mutations.py
	@$(BIN)/kiosk demo --script visit --kill-at each --out $(OUT)/torture

.PHONY: fuzz
fuzz: setup  ## ten million inputs of strangers at the codecs, guided by coverage: a document or a named refusal, nothing else
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/fuzz/requirements.lock
	@nice -n 19 $(BIN)/python -m tests.fuzz

.PHONY: lock
lock:  ## pin all dependencies anew
	@$(BIN)/pip-compile --quiet --strip-extras --extra dev --generate-hashes --allow-unsafe --no-emit-index-url \
		--no-emit-trusted-host --no-emit-find-links --no-emit-options --no-header --output-file requirements.lock pyproject.toml

.PHONY: clean
clean:  ## everything that can be made again
	rm -rf $(OUT) $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
