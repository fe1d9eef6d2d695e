# What people type. The work is in scripts/; ARGS goes to the command behind the target.
.DEFAULT_GOAL := help
.PHONY: help install run demo test lint format audit bench lock clean

# The pretend Slack and PagerDuty run only while nobody has named a configuration.
sandbox = $(if $(CONFIG_PATH)$(findstring --config,$(ARGS))$(wildcard config/config.yaml),,--sandbox)

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile
	@echo 'Options: ARGS="-k resolve" (for the command behind), PYTHON=python3'

install: ## build .venv with the alert-bridge command in it, when needed
	@scripts/bootstrap

# exec: Ctrl-C reaches the bridge once, and its own exit status is what make sees.
run: install ## the bridge; with the sandbox until config/config.yaml exists
	@exec .venv/bin/alert-bridge run $(sandbox) $(ARGS)

demo: install ## the bridge with the sandbox, and a story told on it
	@exec .venv/bin/alert-bridge demo $(ARGS)

test: install ## get what the tests need, then lint and run all of them
	@scripts/test-tools
	@scripts/test $(ARGS)

lint: install ## ruff, mypy, import contracts
	@scripts/lint

format: install ## rewrite the Python files as ruff likes them
	@.venv/bin/ruff check --fix --quiet . && .venv/bin/ruff format .

audit: install ## ask whether a locked package has a known vulnerability
	@.venv/bin/python scripts/audit.py

bench: install ## measure this machine; prints ratios
	@.venv/bin/python -m benchmarks $(ARGS)

lock: ## resolve requirements.lock (ARGS=--upgrade: all to their newest)
	@scripts/lock $(ARGS)

clean: ## remove .venv and the caches; data/ stays
	@scripts/clean
