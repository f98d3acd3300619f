# Every target does its own set-up: `make up` on a fresh clone needs Python 3.11 or newer, git and make.

PYTHON ?= python3
VENV := .venv
STAMP := $(VENV)/.installed
# Options of `workbench up`, for example: make up ARGS="--servers 5"
ARGS ?=

.PHONY: help up test lint bench docs clean
.DELETE_ON_ERROR:

help:
	@echo 'make up      start the cluster and its prompt (options: ARGS="--servers 5")'
	@echo 'make test    run the tests, with coverage'
	@echo 'make lint    check style, format, types and import rules'
	@echo 'make bench   run the benchmarks'
	@echo 'make docs    write the generated references anew'
	@echo 'make clean   remove the virtual environment and what the tools left'

# The stamp is written last, so a set-up that broke half-way has none and is made again from nothing. The second
# check catches an environment whose interpreter has since been removed: its links are still there and lead nowhere.
ifneq ($(wildcard $(STAMP)),)
ifneq ($(shell $(VENV)/bin/python -c 'print("works")' 2>/dev/null),works)
.PHONY: $(STAMP)
endif
endif

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "chat workbench needs Python 3.11 or newer, and $(PYTHON) is not: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; \
	  exit 1; }
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

up: $(STAMP)
	@$(VENV)/bin/workbench up $(ARGS)

test: $(STAMP)
	$(VENV)/bin/python -m pytest --cov --cov-report=term

lint: $(STAMP)
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

bench: $(STAMP)
	$(VENV)/bin/python bench/run.py
	$(VENV)/bin/python bench/views.py
	$(VENV)/bin/python bench/phones.py

docs: $(STAMP)
	$(VENV)/bin/python -m workbench.reference

clean:
	rm -rf $(VENV) build dist .coverage htmlcov .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
