# Common tasks. Everything runs in .venv, which `make install` creates.
PYTHON ?= python3
BIN := .venv/bin
# Two processes; an idle one takes tests from the other.
PYTEST := $(BIN)/python -m pytest -n 2 --dist worksteal

# An empty value keeps compiled modules, which halves the time to collect the tests.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: install fit test test-fast soak lint format generated bench reproduce clean

install: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q -c constraints.txt -e '.[test,lint]'
	touch $@

fit: install
	$(BIN)/graphvae fit --dataset cora

test: install
	$(PYTEST)

test-fast: install
	$(PYTEST) -m "not slow"

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
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
