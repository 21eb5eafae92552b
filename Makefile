# Two commands need nothing prepared but Python 3.11 or newer:
#   make train    make an environment in .venv, install chainrule, learn MNIST
#   make test     install what the tests need, run every test
# make train ARGS="--epochs 10 --hidden 256,128"    make test ARGS="-k dense"

PYTHON ?= python3
VENV ?= .venv
ARGS ?=

python := $(VENV)/bin/python
# A user's own pip settings for installs outside environments must not reach into ours.
pip := PIP_USER=0 PIP_REQUIRE_VIRTUALENV=0 PIP_DISABLE_PIP_VERSION_CHECK=1 \
	$(python) -m pip install --quiet

.PHONY: help train test lint format rules bench clean
.DELETE_ON_ERROR:

help:
	@sed -n 's/^#   //p' Makefile
	@echo "make lint     ruff and pyright, as CI runs them"
	@echo "make format   let ruff mend what it can"
	@echo "make rules    write docs/rules.md anew from the records"
	@echo "make bench    the benchmark table (installs the peers: about 2 GB)"
	@echo "make clean    remove $(VENV) and what the tools left"

train: $(VENV)/.installed
	@$(VENV)/bin/chainrule train mnist $(ARGS)

test: $(VENV)/.installed-test
	$(python) -m pytest --numprocesses auto --dist worksteal $(ARGS)

lint: $(VENV)/.installed-lint
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/pyright --pythonpath $(python)

format: $(VENV)/.installed-lint
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

rules: $(VENV)/.installed
	$(VENV)/bin/chainrule rules --markdown > docs/rules.md.new
	@mv docs/rules.md.new docs/rules.md

bench: $(VENV)/.installed-bench
	$(python) benchmarks/run.py $(ARGS)

clean:
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .hypothesis

$(python):
	@command -v $(PYTHON) >/dev/null || { \
	  echo "No '$(PYTHON)' on the PATH: install Python 3.11 or newer," \
	    "or name one: make PYTHON=/path/to/python3 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Making a virtual environment in $(VENV)"
	@$(PYTHON) tools/make_venv.py $(VENV)

$(VENV)/.installed: pyproject.toml | $(python)
	@echo "Installing chainrule into $(VENV) (once; about a minute)"
	@$(pip) --editable .
	@touch $@

$(VENV)/.installed-%: $(VENV)/.installed
	@echo "Installing what \`make $*\` needs"
	@$(pip) --editable ".[$*]"
	@touch $@
