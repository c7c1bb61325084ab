# fuseflow: `make help` lists what there is.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
CORES ?= all
MIRROR ?=
EXPERIMENT ?=
SET ?=
ARGS ?=

# The first Python from 3.11 to 3.13; PYTHON=... chooses another.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2> /dev/null && echo $$python && break; done)

EXPERIMENTS := $(patsubst config/experiments/%.yaml,%,$(wildcard config/experiments/*.yaml))
CHOSEN = $(if $(filter 1,$(words $(EXPERIMENT))),$(filter $(EXPERIMENTS),$(EXPERIMENT)))
# Not before a target needs it: a wrong name is no reason not to clean.
CONFIG = $(if $(EXPERIMENT),--configfile config/experiments/$(or $(CHOSEN),$(error \
	there is no experiment '$(EXPERIMENT)'; there are $(EXPERIMENTS))).yaml)
# Through the environment: whatever characters it has, the shell does not read them as its own.
export MIRROR
# Snakemake takes one --config only, so all single settings go into one.
SETTINGS := $(if $(MIRROR)$(SET),--config $(if $(MIRROR),"mirror=$$MIRROR") $(SET))
SNAKEMAKE = $(BIN)/snakemake --cores $(CORES) $(CONFIG) $(SETTINGS)

# $(call install,LOCK FILE): exactly what the lock file names, every download checked against its hash.
define install
	@test -n "$(PYTHON)" || { echo "fuseflow needs Python 3.11, 3.12 or 3.13; give its path: make PYTHON=..." >&2; exit 2; }
	@if command -v uv > /dev/null; then \
		test -x $(BIN)/python || uv venv --quiet --python "$(PYTHON)" $(VENV); \
		uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes --requirement $(1); \
	else \
		test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV); \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $(1); \
	fi
	@touch $@
endef

$(VENV)/run.stamp: envs/requirements.txt
	@echo "Setting up $(VENV) (once)"
	$(call install,envs/requirements.txt)

$(VENV)/dev.stamp: envs/requirements-dev.txt | $(VENV)/run.stamp
	@echo "Adding what tests and linters need to $(VENV) (once)"
	$(call install,envs/requirements-dev.txt)

.PHONY: help setup run report test lint format bench fuzz reproduce lock clean

help: ## list the targets
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12
	@echo "settings: EXPERIMENT=name of a file in config/experiments, MIRROR=folder or URL, CORES=N, SET='key=value ...', ARGS=more for Snakemake"

setup: $(VENV)/run.stamp ## make .venv from the lock file

run: $(VENV)/run.stamp ## run the default data set, or EXPERIMENT=...
	@$(SNAKEMAKE) $(ARGS)

report: $(VENV)/run.stamp ## write Snakemake's own report of a finished run to results/report/snakemake.html
	@$(SNAKEMAKE) --report results/report/snakemake.html $(ARGS)

test: $(VENV)/dev.stamp ## unit and integration tests; real images too if FUSEFLOW_SHARED is set
	@$(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/dev.stamp ## ruff, mypy --strict, snakefmt, snakemake --lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint

format: $(VENV)/dev.stamp ## let ruff and snakefmt rewrite the sources
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile workflow

bench: $(VENV)/dev.stamp ## timings, each beside a reference in the same run
	@for program in fusion metrics dicom formats volumes overhead; do $(BIN)/python tests/benchmarks/$$program.py; done

fuzz: $(VENV)/dev.stamp ## 2,000 damaged files must neither crash, hang nor be read otherwise than others read them
	@$(BIN)/python tests/fuzz.py $(ARGS)

reproduce: $(VENV)/dev.stamp ## two runs with other cores, shards and folders must give the same bytes
	@$(BIN)/python tests/reproduce.py

lock: ## write the lock files in envs anew (needs uv)
	$(PYTHON) envs/lock.py

clean: ## remove results, logs and .snakemake; keep downloads and .venv
	rm -rf results logs benchmarks .snakemake
