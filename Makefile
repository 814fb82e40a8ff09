# make run: set everything up and start the lab.   make test: set up and run every test.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
.DEFAULT_GOAL := help
.PHONY: chromium help setup setup-dev run real test test-units test-class test-fast trace pictures lint lint-py lint-js coverage docs notebooks demo-record clean

help:
	@echo "make run    set up, start the lab on the pocket models, print its address"
	@echo "make real   get SmolLM2 (93 MB, once) and start the page on it"
	@echo "make test   set up, run lint, types, floors and all tests (browser ones included)"
	@echo "make lint   ruff, mypy, import-linter; for the JavaScript tsc, eslint, prettier (node comes from PyPI)"
	@echo "make test-fast   the tests without browser and without the slow ones"
	@echo "make coverage    all tests again, with the share of lines they run, the server of the browser tests included"
	@echo "make trace       how quick the page is in a real browser: first paint, tabs, selection, dial, a map of 25,000 points"
	@echo "make pictures    the README's pictures, taken anew from the page"
	@echo "make docs        the documentation as pages in build/docs, from the docstrings and the notebooks"

# Debian keeps venv and pip in packages of their own.
define BRING_VENV
{ echo "Python's venv is missing: trying apt-get install python3-venv"; \
  test "$$(id -u)" = 0 && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3 python3-venv python3-pip >/dev/null || \
  { echo "Install python3-venv and run make again."; exit 1; }; }
endef

$(VENV)/.runtime: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, found " + sys.version.split()[0] + "; set PYTHON=/path/to/python3.11")'
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || $(BRING_VENV)
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

# The page on a real model that people know; it is fetched once (93 MB) and works offline afterwards.
real: setup
	$(BIN)/python -m lab models get smollm2-135m
	LATENT_LAB_PRESET=real-smollm2 $(BIN)/python app.py

lint: lint-py lint-js

lint-py: setup-dev
	$(BIN)/ruff check lab tests app.py setup.py
	$(BIN)/ruff format --check lab tests app.py setup.py
	$(BIN)/mypy
	$(BIN)/lint-imports

# The page's JavaScript: types, lint, format. The page itself needs no node and no build step.
lint-js: setup-dev
	$(BIN)/python -m tests.check_scripts

# Checks beside each other, then two tests at a time, a thread each (the pocket models' matrices are too small to share), with a
# class of fifty for ten minutes beside them, which takes half a core; then the browser tests. One of those that fails is
# tried once more, and the summary names it: a fault to be looked into, as two browsers on two cores are not always in time.
test: setup-dev
	@$(MAKE) --no-print-directory -j 3 lint-py lint-js chromium
	@$(MAKE) --no-print-directory -j 2 test-units test-class
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile -m browser -rR --only-rerun .

test-units: setup-dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile -m "not browser"

# No error, nothing lost, nobody's answer another's. What memory does is told by a longer one.
test-class: setup
	OMP_NUM_THREADS=1 $(BIN)/python -m lab bench room --minutes 10 --strict

test-fast: setup-dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile -m "not browser and not slow"

chromium: setup-dev
	@$(BIN)/python -m tests.browser.get_chromium

# How quick the page is in a real browser, beside nothing else on the machine.
trace: setup-dev chromium
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.browser.trace

# The README's pictures, from today's page.
pictures: setup-dev chromium
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.browser.pictures

coverage: setup-dev chromium
	rm -f .coverage*
	$(BIN)/python -m coverage run -m pytest
	$(BIN)/python -m coverage combine -q
	$(BIN)/python -m coverage report --skip-covered --sort=cover

# Packages whose __init__ names its face would hide their modules from pdoc: each is named.
PARTS := $(patsubst lab/%/__init__.py,lab.%,$(wildcard lab/*/__init__.py)) \
	$(patsubst lab/%.py,lab.%,$(filter-out lab/__%,$(wildcard lab/*.py)))

docs: setup-dev
	rm -rf build/docs
	PYTHONPATH=. $(BIN)/pdoc --docformat google --output-directory build/docs lab $(PARTS) '!lab.panels.states.umap_worker'
	@for book in notebooks/*.ipynb; do test -f "$$book" || continue; \
		$(BIN)/python -m nbconvert --log-level WARN --to html --output-dir build/docs/notebooks "$$book"; done
	@echo "Open build/docs/index.html"

# Runs the notebooks and stores what they say today; figures become PNG.
notebooks: setup-dev chromium
	$(BIN)/python -m tests.notebooks.execute

# The recorded runs that come with the lab, made with the shipped models; the page opens on the last one.
demo-record: setup
	rm -rf assets/records
	$(BIN)/python -m lab run almanac-coverage --out assets/records/almanac-coverage
	$(BIN)/python -m lab run almanac-everything --out assets/records/almanac-everything
	$(BIN)/python -m lab run side-by-side --out assets/records/side-by-side
	$(BIN)/python -m lab models get smollm2-135m
	$(BIN)/python -m lab run real-smollm2 --set capture.budget_mb=3 --out assets/records/real-smollm2
	rm -rf assets/sweeps
	$(BIN)/python -m lab sweep side-by-side relay real-smollm2
	$(BIN)/python -m lab ablations assets/records/side-by-side

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache
