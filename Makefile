# Every target provisions what it needs first (scripts/setup); a second time that costs well
# under a second.

VENV := .venv/bin

# The tests start the engine some hundred times; modules are compiled once and kept.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test check lint bench soak kills fresh lock format

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 10

run: ## set up what is missing, then run the engine with the demo site
	@scripts/setup run
	@exec $(VENV)/acd up --demo

test: ## set up what is missing, then linters and every test, real Asterisk and PostgreSQL included
	@scripts/setup test
	@$(MAKE) --no-print-directory lint
	@# Three, for most of what takes long waits. Telephones beside another Asterisk on two cores may
	@# miss a beat: what fails is run once more, alone, and has to pass there.
	$(VENV)/pytest -n 3 --dist loadfile --no-loadscope-reorder || $(VENV)/pytest --last-failed --last-failed-no-failures none

check: ## format, lint, types, layers, fast tests: under a minute
	@scripts/setup check
	@$(MAKE) --no-print-directory lint
	$(VENV)/pytest -q -n 2 -m core

lint:
	$(VENV)/ruff format --check .
	$(VENV)/ruff check .
	$(VENV)/mypy
	$(VENV)/lint-imports --no-logo

bench: ## the project's benchmarks, side by side with Asterisk's own queue
	@scripts/setup test
	$(VENV)/python -m bench

soak: ## twenty minutes of random load over calls, chats and mails on real parts, watched
	@scripts/setup test
	$(VENV)/python -m acd.testing.soak

kills: ## kill the engine 200 times each in the course of mails, chats and webhooks: nothing lost
	@scripts/setup test
	$(VENV)/python -m acd.testing.kills

fresh: ## show that a clone runs, takes a call and passes its tests on a bare Debian 12 (root)
	@scripts/fresh

format: ## rewrite the sources as `make check` wants them
	@scripts/setup check
	$(VENV)/ruff format .
	$(VENV)/ruff check --fix .

# Hashes of every file of a release are recorded, so the locks hold for all Python versions and
# machines that the pinned releases were built for. The lowest supported Python makes them.
PIP_COMPILE := CUSTOM_COMPILE_COMMAND="make lock" $(VENV)/pip-compile --quiet \
	--no-config --generate-hashes --strip-extras --allow-unsafe --no-emit-options \
	--build-deps-for editable --newline lf

lock: ## pin what pyproject.toml asks for, with hashes
	@scripts/setup check
	$(PIP_COMPILE) --output-file requirements.lock pyproject.toml
	$(PIP_COMPILE) --output-file requirements-dev.lock --constraint requirements.lock --extra dev pyproject.toml
