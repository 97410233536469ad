# The few commands a person needs. A bare machine has git, make and Python 3.11 with venv; the rest comes from here.
PYTHON ?= python3.11
VENV   ?= .venv
# The address of PyTorch's CPU wheels, as its "Start locally" page prints it; without it pip may fetch a CUDA build.
TORCH_INDEX ?=
BIN    := $(VENV)/bin
# pip compiles modules one by one; COMPILE takes every core, and leaves out the libraries' own tests, a fifth of all. A
# few packages carry files that are no Python 3.
COMPILE = $(BIN)/python -m compileall -qq -j 0 -x '/tests?/' $(VENV)/lib || true
# The pip of Python 3.11 weighs every file of every release, three times the work; it does where there is no newer.
NEW_PIP = pip==26.3
# Where this is set, every process would compile our own modules again: two seconds for each service that tests start.
unexport PYTHONDONTWRITEBYTECODE
PIP     = $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-compile $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))
SOURCE ?= simulator
DATA   ?=

.PHONY: help demo bento bundle test coverage env env-test debian lint types layers clean lock

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: env ## the whole way, from histories to an answer over HTTP (SOURCE=chicago DATA=DIR for a real city)
	$(BIN)/pharos demo --source $(SOURCE) $(if $(DATA),--data $(DATA)) $(DEMO)

# One file's tests stay in one process: what a file trains or starts is then made once, not twice. Files come in the
# order of tests/conftest.py, the slow ones first; xdist's own order leaves those with few tests to the end.
PYTEST = $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

# What waits for a disk, a network or one core goes beside what does not; the tests have both cores to themselves.
BESIDE = $(MAKE) --no-print-directory --jobs=2

test: ## lint, types, layers and every test
	$(BESIDE) debian env-test
	$(BESIDE) --output-sync=target types lint layers
	$(PYTEST)

coverage: debian env-test ## every test again under branch coverage, which doubles their time; under 90 % it fails
	$(PYTEST) --cov --cov-report=term

env: $(VENV)/.compiled ## the virtual environment, from the pinned lock
env-test: $(VENV)/.test

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info[:2] == (3, 11) else "Pharos needs Python 3.11; name it: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)
	-$(PIP) $(NEW_PIP)

$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing the pinned environment: about 700 MB are downloaded, 2 to 5 minutes."
	$(PIP) -r requirements.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.compiled: $(VENV)/.runtime
	@$(COMPILE)
	@touch $@

$(VENV)/.test: requirements-test.lock $(VENV)/.runtime
	$(PIP) -r requirements-test.lock
	@$(COMPILE)
	@touch $@ $(VENV)/.compiled

debian: ## the Debian packages that tests use, where we may install them
	@sh tests/debian.sh

lint: env-test ## style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pharos contracts check

types: env-test ## mypy, strict, tests included
	$(BIN)/mypy .

layers: env-test ## imports go one way
	$(BIN)/lint-imports

lock: env-test ## resolve the pins anew from pyproject.toml
	$(if $(TORCH_INDEX),PIP_EXTRA_INDEX_URL=$(TORCH_INDEX)) $(BIN)/python .ci/lock.py

bento: env ## the service as a Bento, dist/pharos-service-VERSION.bento
	$(BIN)/python -m serving.deploy.bento --out dist

bundle: env ## everything for a network without registries, under dist/bundle (WHEELS=DIR takes wheels from there)
	$(BIN)/python -m serving.deploy.bundle --out dist/bundle $(if $(WHEELS),--wheels $(WHEELS))

clean: ## remove the environment and every cache; the state folder stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage* htmlcov *.egg-info build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
