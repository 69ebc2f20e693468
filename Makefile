# Two commands matter: `make run` and `make test`. Both install what they need into .venv.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; \
	done)
VENV := .venv/bin
TESTS ?= tests
ARGS ?=
WORKERS ?= 2
# A dozen processes of one `make run` and the workers of a test run would each compile everything.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help install run test check fmt lock bench demo-order demo-code manage clean reset

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | \
		while IFS="$$(printf '\t')" read -r name text; do printf '  make %-12s %s\n' "$$name" "$$text"; done

install: ## Make .venv and install the pinned requirements
	@$(or $(PYTHON),python3) bakery/sandbox/bootstrap.py

run: install ## Run the whole platform with a demo bakery (Ctrl-C stops it)
	@exec $(VENV)/python -m bakery.sandbox.run

test: install ## Run all tests on their own PostgreSQL and Valkey (TESTS=path, ARGS=..., WORKERS=2)
	@exec $(VENV)/python -m pytest -n $(WORKERS) --dist loadfile $(ARGS) $(TESTS)

check: install ## Lint, types, imports, migrations, production settings
	@exec $(VENV)/python -m bakery.sandbox.check

fmt: install ## Format and apply safe fixes
	@$(VENV)/ruff check --fix --quiet . ; $(VENV)/ruff format .

lock: install ## Compile requirements/*.in to hash-pinned .txt (UPGRADE=1 takes newer versions)
	@for name in base dev prod; do \
		echo "lock: $$name"; \
		$(VENV)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
			--no-annotate --no-emit-index-url --no-emit-find-links $(if $(UPGRADE),--upgrade) \
			--custom-compile-command "make lock" \
			requirements/$$name.in -o requirements/$$name.txt || exit 1; \
	done

bench: install ## Run the benchmarks on a throw-away platform (ARGS=names)
	@exec $(VENV)/python -m bakery.sandbox.run bench $(ARGS)

demo-order: install ## Order a cake as a customer would, over HTTP, and follow it until it is handed over
	@exec $(VENV)/python -m bakery.sandbox.run demo-order $(ARGS)

demo-code: install ## Show the one-time codes of the demo's staff
	@exec $(VENV)/python -m bakery.sandbox.run manage demo_code $(ARGS)

manage: install ## Run a management command on the running platform (ARGS="createsuperuser")
	@exec $(VENV)/python -m bakery.sandbox.run manage $(ARGS)

clean: ## Remove caches and test databases; demo data stays
	@rm -rf "$${XDG_CACHE_HOME:-$$HOME/.cache}/bakery-tests" var/test var/static .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +

reset: install ## Delete the demo's data (everything under var/)
	@$(VENV)/python -m bakery.sandbox.run reset
