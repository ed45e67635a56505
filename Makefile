# Every command of the workshop, one line each. `make` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test check bench prove lock build clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

demo: $(VENV)/.run ## gateway, simulator, demo shop and phone on this machine (ARGS="--port 5000")
	@exec $(BIN)/pokea demo $(ARGS)

test: $(VENV)/.dev ## everything: both databases, real processes, a real browser
	@bash tests/run.sh $(ARGS)

check: $(VENV)/.dev ## fast: lint, format, types, imports, domain and SDK tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/pyright
	$(BIN)/pytest tests/tidy tests/daraja tests/domain -n 2

bench: $(VENV)/.dev ## measure, each figure beside the machine's own limit
	@bash benchmarks/run.sh $(ARGS)

prove: $(VENV)/.dev ## the slow proofs, in real time
	@bash tests/run.sh -m prove $(ARGS)

lock: $(VENV)/.dev ## compile requirements.lock and requirements-dev.lock again
	$(BIN)/uv pip compile --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links pyproject.toml -o requirements.lock -q
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links -c requirements.lock --group dev pyproject.toml -o requirements-dev.lock -q

build: $(VENV)/.dev ## make the wheel in dist/
	$(BIN)/uv build --wheel --no-build-isolation -o dist -q && ls dist

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) dist .pytest_cache .ruff_cache .hypothesis

# Two stamps: .run has what the product needs, .dev also what the workshop needs.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Pokea needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make $(MAKECMDGOALS) PYTHON=python3.12")'
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Python cannot make virtual environments here. On Debian: apt-get install python3-venv"; exit 1; }

$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing Pokea into $(VENV) (once, about a minute) ..."
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -c "import pathlib, site; pathlib.Path(site.getsitepackages()[0], 'pokea.pth').write_text(str(pathlib.Path('src').resolve()))"
	@printf '#!%s\nfrom pokea.cli.main import app\napp()\n' "$(abspath $(BIN))/python" > $(BIN)/pokea && chmod +x $(BIN)/pokea
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	@touch $@
