# On a fresh machine with Python 3.11 and pip: `make run` opens the workbench, `make test` runs every test.
.PHONY: run test check lint types laws bench clean lock wheel

PYTHON ?= python3.11
BIN := .venv/bin
UV_VERSION := 0.13.9
# Some machines switch bytecode files off; without them every start compiles 2,000 modules anew.
unexport PYTHONDONTWRITEBYTECODE

run: .venv/app
	$(BIN)/dataops app --example

test: .venv/dev
	$(BIN)/python -m pytest -n auto --dist loadfile

check: lint types laws

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/dev
	$(BIN)/mypy

laws: .venv/dev
	$(BIN)/lint-imports --no-cache

bench: .venv/dev
	$(BIN)/python -m bench

# The lock: pins and hashes, no addresses.
lock: .venv/uv
	$(BIN)/uv pip compile pyproject.toml --all-extras --group test --group lint --generate-hashes --universal \
	  --python-version 3.11 --no-header --quiet -o constraints.txt

wheel: .venv/dev
	$(BIN)/python -m build --wheel --installer uv

.venv/uv:
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	touch $@

.venv/app: .venv/uv pyproject.toml constraints.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode -c constraints.txt -e '.[app]'
	touch $@

.venv/dev: .venv/uv pyproject.toml constraints.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode -c constraints.txt \
	  -e '.[app,notebook,api,aws]' --group test --group lint
	touch $@

clean:
	rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
