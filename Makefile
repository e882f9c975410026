# Needs only make and Python 3.11 or newer. ARGS is passed to the command of a verb: make mock ARGS="--port 4010"
PYTHON ?= python3
bin := .venv/bin
npm_bin := .npm-tools/node_modules/.bin
# Node may be installed in .venv: see .ci/tools.
export PATH := $(CURDIR)/$(bin):$(PATH)
export REDOCLY_TELEMETRY := off
export REDOCLY_SUPPRESS_UPDATE_NOTICE := true
compile := $(bin)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock"

.PHONY: help install mock test check lint types types-on-windows recipes selfcheck foreign mutation bench hardening spec spec-diff format lock supply build clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

install: .venv/.installed ## create .venv with the two commands and everything that the tests need (once)

# The two commands alone, a third of the whole.
.venv/.commands: .lock/runtime.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Python 3.11 or newer is needed, but $(PYTHON) is not; name one: make install PYTHON=python3.12" >&2; exit 1; }
	@echo "Setting up .venv (once, about half a minute)."
	@$(PYTHON) -m venv .venv
	@$(bin)/python -m pip install -qq --disable-pip-version-check --only-binary :all: --require-hashes --requirement .lock/runtime.txt
	@$(bin)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.installed: .lock/requirements.txt .venv/.commands
	@echo "Adding what the tests need to .venv (once, about a minute)."
	@$(bin)/python -m pip install -qq --disable-pip-version-check --only-binary :all: --require-hashes --requirement .lock/requirements.txt
	@touch $@

mock: .venv/.commands ## serve the mock
	@$(bin)/leadlists-mock $(ARGS)

# With PYTHONDONTWRITEBYTECODE, each worker and each of the processes that tests start would compile every module again.
test: install ## run lint, type checks, spec checks and the tests on every core (show the slowest: ARGS=--durations=5)
	@$(MAKE) --no-print-directory --jobs=2 check spec
	@.ci/tools curl chromium redis
	@PYTHONDONTWRITEBYTECODE= $(bin)/pytest -n auto -m "not recipes and not long" $(ARGS)

check: lint types types-on-windows ## check lint, format, types and the CI workflow

lint: install
	@$(bin)/ruff check && $(bin)/ruff format --check
	@$(bin)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml

types: install
	@$(bin)/mypy

types-on-windows: install
	@$(bin)/mypy --platform win32 --cache-dir .mypy_cache/win32 --exclude '/(tests|bench)/'

recipes: install ## run the example app and the recipes of the README with the tools of frontends (a minute)
	@.ci/tools node nodes chromium
	@PYTHONDONTWRITEBYTECODE= $(bin)/pytest -n auto -m recipes mock_server/tests contract_tests/tests/live $(ARGS)

selfcheck: install ## judge every known server: detect every defect, raise no false positive (ten minutes)
	@$(bin)/leadlists-contract selfcheck $(ARGS)
	@$(bin)/pytest -n auto contract_tests/tests/selfcheck/every_faulty_server.py

foreign: install ## run the suite against correct servers in other languages (five to ten minutes)
	@.ci/tools node
	@$(bin)/python -m contract_tests.tests.foreign_languages $(ARGS)

mutation: install ## change the judging code in one place at a time and check that a test fails (three minutes; all: ARGS=--all)
	@$(bin)/python -m contract_tests.tests.mutation $(ARGS)

bench: install ## measure the mock and other servers (suites: ARGS=--suite; record the results: ARGS=--write)
	@.ci/tools wrk
	@$(bin)/python -m mock_server.bench $(ARGS)

hardening: install ## measure what mock and suite promise under attack, with a limit for each (two minutes)
	@.ci/tools node
	@$(bin)/python -m mock_server.tests.hardening $(ARGS)
	@$(bin)/python -m contract_tests.tests.hardening

spec: install ## check the contract in spec/ with our own gate and two OpenAPI linters
	@$(bin)/python -m contract_tests.spec_gate
	@.ci/tools node
	@[ ! -d $(npm_bin) ] || $(npm_bin)/redocly lint --config .npm-tools/redocly.yaml spec/openapi.yaml
	@[ ! -d $(npm_bin) ] || $(npm_bin)/spectral lint --ruleset .npm-tools/spectral.yaml --fail-severity hint spec/openapi.yaml

spec-diff: install ## compare the contract with another commit and name the version that the changes need (BASE=main)
	@.ci/tools node
	@.ci/spec-diff "$(BASE)"

format: install ## format the code and apply the fixes of ruff
	@$(bin)/ruff format && $(bin)/ruff check --fix

lock: install ## update the lock files, keeping versions that still fit (newer versions: ARGS=--upgrade)
	@$(compile) --extra dev --group build --output-file .lock/requirements.txt $(ARGS) pyproject.toml
	@$(compile) --constraint .lock/requirements.txt --group build --output-file .lock/runtime.txt pyproject.toml
	@$(compile) --group node --output-file .lock/node.txt $(ARGS)
	@$(compile) --group node-22 --output-file .lock/node-22.txt $(ARGS)
	@$(compile) --group supply --output-file .lock/supply.txt $(ARGS)

supply: install ## list the licences of all packages and write an SBOM to dist/sbom.json
	@.ci/tools cyclonedx
	@[ ! -x .supply/bin/cyclonedx-py ] || .supply/bin/python .ci/supply.py

build: install ## build the wheel into dist/
	@$(bin)/python -m build --wheel --no-isolation

clean: ## remove everything that the other verbs created, except runs in .leadlists/
	@rm -rf .venv .npm-tools/node_modules .npm-tools/node-* .foreign .mutation .supply dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find mock_server contract_tests -name __pycache__ -prune -exec rm -rf {} +
