# make run: set everything up and start the lab.   make test: set up and run every test.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test test-fast lint demo-record clean

help:
	@echo "make run    set up, start the lab on the pocket models, print its address"
	@echo "make test   set up, run lint, types, floors and all tests (browser ones included)"
	@echo "make lint   ruff, mypy, import-linter"

$(VENV)/.runtime: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, found " + sys.version.split()[0] + "; set PYTHON=/path/to/python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check -q -r requirements.txt
	touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	$(BIN)/python -m pip install --disable-pip-version-check -q -r requirements-dev.txt
	touch $@

setup: $(VENV)/.runtime

setup-dev: $(VENV)/.dev

run: setup
	$(BIN)/python app.py

lint: setup-dev
	$(BIN)/ruff check lab tests app.py
	$(BIN)/ruff format --check lab tests app.py
	$(BIN)/mypy
	$(BIN)/lint-imports

test: setup-dev lint
	$(BIN)/python -m pytest

test-fast: setup-dev
	$(BIN)/python -m pytest -m "not browser"

# The recorded runs that come with the lab, made with the shipped models; the page opens on the last one.
demo-record: setup
	rm -rf assets/records
	$(BIN)/python -m lab run almanac-coverage --out assets/records/almanac-coverage
	$(BIN)/python -m lab run side-by-side --out assets/records/side-by-side

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache
