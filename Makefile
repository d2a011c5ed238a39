# Everything runs in the project's own environment, .venv; each target makes what it needs.
# PYTHON=/path/to/python3.12 make install   takes another interpreter (3.11 or newer).

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$python"; break; }; done)
BIN := .venv/bin
# A file's tests stay with one worker, so that what they share is made once.
PYTEST = $(BIN)/python -m pytest --numprocesses auto --dist loadfile
PIP := $(BIN)/python -m pip --disable-pip-version-check
# One BLAS thread: the matrices are small, and two threads on a busy machine are slower than one.
export OPENBLAS_NUM_THREADS ?= 1
export OMP_NUM_THREADS ?= 1
# Compiled tests are kept between runs, also where the shell says otherwise: compiling takes each worker about 5 s.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install study test test-slow test-all test-browser lint bench docs site agreement gallery tikz studio-assets clean

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/make \1\t\2/' | expand -t 16

install: .venv/installed ## Make .venv with the command .venv/bin/sem-toolkit

study: .venv/installed ## Run the whole study: figure, tables and report into outputs/
	$(BIN)/sem-toolkit study

test: .venv/installed-development ## Run the fast tests, with coverage
	$(PYTEST) -m "not slow and not browser" --cov --cov-report=term $(TESTS)

test-slow: .venv/installed-development ## Run the long tests
	$(PYTEST) -m "slow and not browser" $(TESTS)

test-all: test test-slow ## Run the fast and the long tests

test-browser: .venv/installed-development ## Drive the studio's page in chromium, which has to be installed
	$(BIN)/python -m pytest -m browser tests/browser $(TESTS)

lint: .venv/installed-development ## Formatting, lint, types and the layer contract
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/installed ## Measure speed, beside lavaan and semopy where they are installed
	$(BIN)/python benchmarks/run.py
	$(BIN)/python benchmarks/simulations.py

docs: .venv/installed ## Write the pages of docs/ that are made from the code
	$(BIN)/python docs/make.py

site: .venv/installed-documentation ## Build the documentation as a site: build/site/index.html
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --config-file docs/site/mkdocs.yml

agreement: .venv/installed ## Compare all reference cases with lavaan's numbers, into docs/agreement.md
	$(BIN)/python docs/agreement.py

gallery: .venv/installed ## Draw the gallery of diagrams into docs/gallery/
	$(BIN)/python docs/gallery/make.py

tikz: .venv/installed ## Compile the gallery's TikZ with pdflatex and lualatex, where they are installed
	$(BIN)/python docs/gallery/compile.py

studio-assets: ## Bundle the studio's editor anew from pinned npm packages (needs Node)
	cd editors/studio && npm ci --ignore-scripts && node build.mjs

clean: ## Remove the environment and caches
	rm -rf .venv build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer with venv was found. README.md, \"If make or Python is missing\", tells what to install." >&2; exit 1; }
	$(PYTHON) -m venv .venv

# The requirement files are complete, so pip resolves nothing (--no-deps): pip would otherwise refuse coverage[toml] as
# unpinned as soon as a release of coverage newer than the pinned one appears.
.venv/installed: requirements/install.txt pyproject.toml | .venv/bin/python
	$(PIP) install --quiet --require-hashes --no-deps --requirement requirements/install.txt
	$(PIP) install --quiet --no-deps --no-build-isolation --no-index --editable .
	$(BIN)/python -m compileall -q sem_toolkit
	@touch $@

.venv/installed-development: .venv/installed requirements/development.txt
	$(PIP) install --quiet --require-hashes --no-deps --requirement requirements/development.txt
	@touch $@

.venv/installed-documentation: .venv/installed-development requirements/documentation.txt
	$(PIP) install --quiet --require-hashes --no-deps --requirement requirements/documentation.txt
	@touch $@
