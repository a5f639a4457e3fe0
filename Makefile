# `make up` runs Strøm on the example workspace, on another port with PORT=9000 and in another folder with DATA_DIR=DIR;
# `make ui` builds the web UI, `make ui-dev` serves it with hot reload against the server at STROEM_SERVER;
# `make test` runs the fast tests, `make test-all` the slow ones after them. All install what they need.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
UI := $(BIN)/python deploy/ui.py
SOURCES := pyproject.toml deploy/install.sh constraints.txt $(wildcard plugins/*/pyproject.toml)

.PHONY: up ui ui-dev dist install test test-all test-slow check bench lock schemas clean

up: install
	@$(UI) build --optional
	$(BIN)/stroem up --workspace workspaces/example $(if $(PORT),--port $(PORT)) $(if $(DATA_DIR),--data-dir $(DATA_DIR))

install: $(STAMP)

$(STAMP): $(SOURCES)
	./deploy/install.sh $(PYTHON) $(VENV)
	@touch $@

ui: install
	$(UI) build

ui-dev: install
	$(UI) run dev

dist: ui
	$(VENV)/uv/bin/uv build --quiet --all-packages --wheel --out-dir dist

PYTEST := $(BIN)/pytest -n 2 --dist loadgroup

test: install
	$(UI) run test
	$(PYTEST) -m "not slow"

test-slow: install
	$(PYTEST) -m slow

test-all: test
	$(PYTEST) -m slow

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m stroem.registry.generate --check
	$(BIN)/python -m stroem.server.generate --check
	$(UI) run check

bench: install
	$(BIN)/python -m tests.benchmarks $(if $(PEERS),--peers)

schemas: install
	$(BIN)/python -m stroem.registry.generate
	$(BIN)/python -m stroem.server.generate

lock:
	$(VENV)/uv/bin/uv pip compile --universal --no-header --no-annotate --no-emit-package stroem \
		$(foreach folder,$(wildcard plugins/*),--no-emit-package stroem-$(subst _,-,$(notdir $(folder)))) \
		--extra standard --group dev pyproject.toml -o constraints.txt

clean:
	rm -rf $(VENV) .stroem dist ui/node_modules ui/dist stroem/server/ui/dist
