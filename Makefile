# Everything runs in .venv, which the first target that needs it makes. `make` lists the targets.
# requirements/*.txt fix what is installed, and all of it (hence --no-deps); a changed lock is
# installed by the next run.

PYTHON := .venv/bin/python
UV := $(shell uv --version >/dev/null 2>&1 && echo uv)
ifdef UV
VENV := uv venv --quiet .venv --python
PIP := uv pip install --quiet --python $(PYTHON)
else
VENV := venv() { "$$1" -m venv .venv; }; venv
PIP := $(PYTHON) -m pip install --quiet --disable-pip-version-check
endif
LOCK := uv pip compile --quiet --universal -p 3.11 --generate-hashes --no-annotate --no-header \
	--no-emit-index-url

# The Python of the deployed functions; pyenv's shims want to be told which. `sam build` needs its pip.
LAMBDA_PIP := PYENV_VERSION=3.13 python3.13 -m pip
FETCH = $(LAMBDA_PIP) download -qq --disable-pip-version-check --no-deps --require-hashes \
	--only-binary=:all: --dest .venv/wheels --requirement

export UV_PYTHON_DOWNLOADS := never
export UV_SYSTEM_CERTS ?= true
unexport PYTHONHOME PYTHONPATH VIRTUAL_ENV PYTHONDONTWRITEBYTECODE # start-up time

.PHONY: help setup demo test check lint types contracts scan coverage bench bench-verdict \
	authorization scanners lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' Makefile

setup: .venv/dev.stamp ## make .venv with all tools; the others do it by themselves

demo: .venv/run.stamp ## release a good and a bad version on the embedded AWS
	@.venv/bin/canary demo

test: .venv/dev.stamp ## run all tests
	@$(PYTHON) -m pytest -n auto

check: lint types contracts scan test ## all that CI runs

lint: .venv/dev.stamp ## formatting and style
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m ruff check .

types: .venv/dev.stamp ## static types
	@$(PYTHON) -m mypy

contracts: .venv/dev.stamp ## who may import whom, and how complicated code may be
	@.venv/bin/lint-imports
	@$(PYTHON) -m xenon --max-absolute B --max-modules A --max-average A functions canary

scan: .venv/dev.stamp ## security scans of this project, and a list of what ships to Lambda
	@$(PYTHON) -m bandit --quiet -ll --recursive functions canary
	@git ls-files | grep -v ^requirements/ | xargs .venv/bin/detect-secrets-hook
	@SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1 .venv/bin/sam validate --lint
	@.venv/bin/cyclonedx-py requirements functions/requirements.txt --validate \
		--output-file .venv/functions.cdx.json

coverage: .venv/dev.stamp ## all tests, and whether they reach 90 % of functions/ and canary/
	@$(PYTHON) -m pytest -n auto --cov

faults: .venv/dev.stamp ## every fault at every point of every scenario, then pairs of faults: an hour
	@$(PYTHON) -m tests.faults

bench: .venv/run.stamp ## measure what the documentation claims about speed
	@for it in bench/[!_]*.py; do $(PYTHON) -m "bench.$$(basename "$$it" .py)" || exit 1; done

bench-verdict: .venv/run.stamp ## every goal of the verdict beside what is measured: 10 min (FULL=1: an hour)
	@$(PYTHON) -m bench.verdict

authorization: .venv/dev.stamp ## AWS's service authorization data anew, from cfn-lint's
	@$(PYTHON) -m tests.localaws.authorization

scanners: .venv/scanners.stamp ## the tests' scan reports anew, by the real scanners over samples (needs npm)
	@$(PYTHON) -m tests.findings.record .venv/scanners/bin

lock: ## make the locks anew from pyproject.toml and functions/requirements.in (needs uv)
	$(LOCK) pyproject.toml --extra dev -o requirements/dev.txt
	$(LOCK) pyproject.toml -c requirements/dev.txt -o requirements/run.txt
	$(LOCK) functions/requirements.in -c requirements/dev.txt -o functions/requirements.txt
	$(LOCK) requirements/scanners.in -o requirements/scanners.txt

clean: ## remove .venv and all that the targets leave behind
	rm -rf .venv .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache \
		.import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/run.stamp: requirements/run.txt pyproject.toml $(PYTHON)
	@$(PIP) --no-deps --require-hashes -r requirements/run.txt
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev.stamp: requirements/dev.txt pyproject.toml .venv/wheels.stamp .venv/npm.stamp $(PYTHON)
	@$(PIP) --no-deps --require-hashes -r requirements/dev.txt
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch .venv/run.stamp $@ # dev.txt includes run.txt

# In an environment of their own: they pin what others need newer.
.venv/scanners.stamp: requirements/scanners.txt $(PYTHON)
	@rm -rf .venv/scanners
	@$(PYTHON) -m venv .venv/scanners
	@$(subst $(PYTHON),.venv/scanners/bin/python,$(PIP)) --no-deps --require-hashes -r $<
	@touch $@

# What `sam build` packs, for this machine and for the processor that it packs for, so that its test
# needs no network. Where that Python is not installed there is nothing to fetch, nor to test.
.venv/wheels.stamp: functions/requirements.txt $(PYTHON)
	@rm -rf .venv/wheels
	@! $(LAMBDA_PIP) --version >/dev/null 2>&1 || { $(FETCH) $< && \
		$(FETCH) $< --platform manylinux2014_x86_64; }
	@touch $@

# Where there is no Node, its tests are skipped.
.venv/npm.stamp: requirements/npm/package-lock.json $(PYTHON)
	@rm -rf .venv/npm
	@! npm --version >/dev/null 2>&1 || { cp -r requirements/npm .venv/npm && \
		npm ci --silent --no-audit --no-fund --prefix .venv/npm; }
	@touch $@

$(PYTHON):
	@rm -rf .venv
	@for python in python3.13 python3.12 python3.11 python3; do \
		found=$$("$$python" -c 'import sys; sys.version_info < (3, 11) or print(sys.executable)' \
			2>/dev/null) && [ -n "$$found" ] || continue; \
		echo "Making .venv with $(or $(UV),venv + pip), from $$found"; \
		$(VENV) "$$found" || { rm -rf .venv; exit 1; }; \
		exit 0; \
	done; \
	echo "Lambda Canary needs Python 3.11 or newer; none of python3.13, python3.12, python3.11" \
		"and python3 on the PATH is." >&2; exit 1
