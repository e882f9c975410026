# Needs only make and Python 3.11 or newer. ARGS goes to the command of a verb: make mock ARGS="--port 4010"
PYTHON ?= python3
bin := .venv/bin
npm_bin := .npm-tools/node_modules/.bin
# Node may live in .venv: see .ci/tools.
export PATH := $(CURDIR)/$(bin):$(PATH)
export REDOCLY_TELEMETRY := off
export REDOCLY_SUPPRESS_UPDATE_NOTICE := true
compile := $(bin)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock"

.PHONY: help install mock test check selfcheck foreign mutation spec format lock build clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

install: .venv/.installed ## set up .venv with everything that the lock names and the two commands (done once)

.venv/.installed: .lock/requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Python 3.11 or newer is needed; '$(PYTHON)' is not. Name one: make install PYTHON=python3.12" >&2; exit 1; }
	@echo "Setting up .venv; this is done once and takes about a minute."
	@$(PYTHON) -m venv .venv
	@$(bin)/python -m pip install -qq --disable-pip-version-check --require-hashes --requirement .lock/requirements.txt
	@$(bin)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

mock: install ## serve the mock
	@$(bin)/leadlists-mock $(ARGS)

test: check spec ## lint, types, the spec and all tests, on every core (the five slowest: ARGS=--durations=5)
	@.ci/tools curl chromium
	@$(bin)/pytest -n auto --dist loadgroup $(ARGS)

check: install ## lint, format, types and the workflow of CI
	@$(bin)/ruff check && $(bin)/ruff format --check && $(bin)/mypy
	@$(bin)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml

selfcheck: install ## judge every known server: each defect must be detected and no right server accused (ten minutes)
	@$(bin)/leadlists-contract selfcheck $(ARGS)
	@$(bin)/pytest -n auto contract_tests/tests/selfcheck/every_faulty_server.py

foreign: install ## run the suite against right servers in other languages (five to ten minutes)
	@.ci/tools node
	@$(bin)/python -m contract_tests.tests.foreign_languages $(ARGS)

mutation: install ## change the deciding code in every place, one at a time: do the tests notice? (half an hour)
	@$(bin)/python -m contract_tests.tests.mutation $(ARGS)

spec: install ## is the contract sound: our own gate, then two linters that others wrote
	@$(bin)/python -m contract_tests.spec_gate
	@.ci/tools node
	@[ ! -d $(npm_bin) ] || $(npm_bin)/redocly lint --config .npm-tools/redocly.yaml spec/openapi.yaml
	@[ ! -d $(npm_bin) ] || $(npm_bin)/spectral lint --ruleset .npm-tools/spectral.yaml --fail-severity hint spec/openapi.yaml

format: install ## put the code into the one format, and fix what ruff can fix
	@$(bin)/ruff format && $(bin)/ruff check --fix

lock: install ## write the locks anew, keeping what still fits (newer versions: ARGS=--upgrade)
	@$(compile) --extra dev --output-file .lock/requirements.txt $(ARGS) pyproject.toml
	@$(compile) --group node --output-file .lock/node.txt $(ARGS)

build: install ## build the wheel into dist/
	@$(bin)/python -m build --wheel --no-isolation

clean: ## remove everything that the other verbs made; runs in .leadlists/ stay
	@rm -rf .venv .npm-tools/node_modules .foreign .mutation dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find mock_server contract_tests -name __pycache__ -prune -exec rm -rf {} +
