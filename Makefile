# Common tasks. Everything runs in .venv, which `make install` creates.
PYTHON ?= python3
BIN := .venv/bin
# Two processes; an idle one takes tests from the other.
PYTEST := $(BIN)/python -m pytest -n 2 --dist worksteal

# An empty value keeps compiled modules, which halves the time to collect the tests.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: install fit test test-fast test-types soak lint format generated docs bench gpu reproduce release clean

install: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q -c constraints.txt -e '.[test,lint,docs]'
	touch $@

fit: install
	$(BIN)/graphvae fit --dataset cora

test: install
	$(PYTEST)

test-fast: install
	$(PYTEST) -m "not slow"

# The fast tests of the packages again, with the types and shapes of every call checked.
test-types: install
	PYTHON=$(BIN)/python .ci/types

# Kill runs, flip bits, race processes in a folder, fill disks, malform files; print a table.
soak: install
	$(BIN)/python -m tests.soak

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The keywords of `fit` for type checkers, and docs/options.md.
generated: install
	$(BIN)/python -m graphvae.setup.generate
	$(BIN)/python -m image_vae.runs.generate
	$(BIN)/python -m graphvae_cli.options_page > docs/options.md

# The site, in docs/_build/html; no network is needed, and warnings are errors.
docs: install
	$(BIN)/python -m sphinx -q -W --keep-going -b html docs docs/_build/html

# What waits for a GPU, within some minutes: tests, then benchmarks by priority; a JSON and a table.
gpu: install
	$(BIN)/python tests/benchmarks/gpu.py --minutes 9 --out gpu; cp gpu/gpu.md docs/results/gpu-table.md

# Checks before a release: versions, changelog, wheel, docs.
release: install docs
	PYTHON=$(BIN)/python .ci/release

bench: install
	$(BIN)/python tests/benchmarks/step_time.py
	$(BIN)/python tests/benchmarks/exact_loss.py
	-$(BIN)/python tests/benchmarks/image_step.py  # prints what to install if pythae is missing
	-$(BIN)/python tests/benchmarks/semi_supervised.py  # also for Pyro
	$(BIN)/python tests/benchmarks/whole_process.py
	$(BIN)/python tests/benchmarks/large_graph.py

reproduce: install
	$(BIN)/graphvae reproduce kipf2016

clean:
	rm -rf docs/_build docs/reference/generated docs/tutorials .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
