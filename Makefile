# Every command runs from .venv, which is made when first needed and kept up to date.
# PYTHON=python3.13 chooses the interpreter to make it with; ARGS='...' is passed on.

ifeq ($(wildcard plumbing/devprocess.py),)
$(error This Makefile works in its own folder only: make -C "$(patsubst %Makefile,%,$(strip $(MAKEFILE_LIST)))" $(MAKECMDGOALS))
endif

VENV := .venv/bin/python
ifdef PYTHON
same_python = && [ "$$($(VENV) -V)" = "$$("$(PYTHON)" -V 2>/dev/null)" ]
else
PYTHON := python3
endif

# A dev server wants a name, which the user of a container may lack.
export USER ?= $(shell id -u)

compile = uv --no-config pip compile --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command 'make lock' --quiet
# Somebody's settings of Python and pip must not lead them out of .venv and this folder.
unexport PYTHONHOME PYTHONPATH PYTHONSAFEPATH
install = env -u PIP_TARGET -u PIP_PREFIX -u PIP_ROOT PIP_USER=0 \
	$(VENV) -m pip install -qq --disable-pip-version-check --require-hashes -r
playwright = $(install) requirements-browser.txt
stop = [ ! -e .temporal ] || $$($(VENV) -c '' 2>/dev/null && echo $(VENV) || echo "$(PYTHON)") plumbing/devprocess.py

.PHONY: help
help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' Makefile

.PHONY: run
run: .venv ## watch a Background Check run, with nothing else started
	$(VENV) main.py --local $(ARGS)

.PHONY: test
test: .tools ## run the tests, two at a time for each core
	$(VENV) -m pytest -n auto --dist worksteal $(ARGS)

.PHONY: test-slow
test-slow: .tools ## run the tests that wait out a real minute
	$(VENV) -m pytest -m slow $(ARGS)

# Another environment, because an older SDK would not fit the lock file. SDK=1.27.0 tests another.
.PHONY: oldest-sdk
oldest-sdk: SDK := 1.20.0
oldest-sdk: .tools ## test the gate on the oldest SDK that it declares
	$(VENV) -m venv --clear .venv/oldest
	.venv/oldest/bin/python -m pip install -qq -r requirements.txt --no-deps --require-hashes
	.venv/oldest/bin/python -m pip install -qq --upgrade temporalio==$(SDK)
	.venv/oldest/bin/python -m pytest tests/recordings/test_histories.py tests/gate/test_target.py \
		tests/gate/test_explain.py tests/gate/test_explain_made_up.py tests/guide/test_progress.py \
		-n auto $(ARGS)

.PHONY: test-browser
test-browser: .tools ## run the tests that need Chromium
	@$(playwright)
	$(VENV) -m pytest -m browser $(ARGS)

.PHONY: server
server: .venv ## start a dev server with our namespace
	@$(stop) || true
	.venv/bin/temporal server start-dev --namespace backgroundcheck_namespace $(ARGS)

.PHONY: stop
stop: ## stop the dev server that a killed make run has left behind
	@$(stop)

.PHONY: worker
worker: .venv ## start a Worker
	$(VENV) worker.py $(ARGS)

.PHONY: record
record: .tools ## record the histories that are missing
	$(VENV) -m tests.recordings.record $(ARGS)

# SOAK=gate compares the gate with the SDK's Replayer on Workflows that are made up; with
# SOAK=gate.shadow a shadow replays 20,000 Executions while everything is killed.
SOAK := application
.PHONY: soak
soak: .tools ## look for rare failures, for minutes
	$(VENV) -m tests.$(SOAK).soak $(ARGS)

.PHONY: bench
bench: .tools ## measure
	$(VENV) -m bench $(ARGS)

.PHONY: pictures
pictures: .tools ## make the pictures in docs (needs Chromium)
	@$(playwright)
	$(VENV) -m docs.pictures

.PHONY: lint
lint: .tools ## check style and types, change nothing
	$(VENV) -m ruff check
	$(VENV) -m ruff format --check
	$(VENV) -m mypy

.PHONY: format
format: .tools ## rewrite the code in our style
	$(VENV) -m ruff check --fix
	$(VENV) -m ruff format

.PHONY: lock
lock: ## renew the requirements files (needs uv; ARGS=--upgrade for newer versions)
	$(compile) pyproject.toml --group dev --output-file requirements.txt $(ARGS)
	$(compile) pyproject.toml --no-annotate --constraints requirements.txt \
		--output-file requirements-run.txt
	$(compile) --group browser --no-annotate --constraints requirements.txt \
		--output-file requirements-browser.txt $(ARGS)

.PHONY: clean
clean: stop ## remove all that these commands made, .venv and the dev server's database too
	rm -rf .venv .temporal .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

# .venv holds copies of the lists that were installed; it is unfinished until all of a list was.
# Anything newer is installed on top; a .venv of another Python, left half-made, or made in a folder
# that was renamed since (its scripts name the old one), is made anew.
made_here = case "$$(grep '^command' .venv/pyvenv.cfg)" in *" $$(pwd -P)/.venv") true;; *) false;; esac
usable = [ -x .venv/bin/pip ] && [ ! -e .venv/unfinished ] && $(made_here) && \
	$(VENV) -c '' 2>/dev/null $(same_python)
ready = cmp -s $(1) .venv/$(1) && $(usable)

# Ctrl-C ends it without a traceback.
venv = "$(PYTHON)" -c 'import runpy, signal; signal.signal(signal.SIGINT, signal.SIG_DFL); \
	runpy.run_module("venv", run_name="__main__")' --clear .venv

# The lock is for a second make in another terminal: it waits, and then finds .venv ready.
define installed
$(ready) && exit; \
exec 9<Makefile; "$(PYTHON)" -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)' 2>/dev/null; \
$(ready) && exit; \
$(usable) || { \
	"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "$(PYTHON) is not Python 3.11 or later. Name one: PYTHON=python3.13 make $(MAKECMDGOALS)"; exit 2; }; \
	"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) has no venv module. On Debian and Ubuntu: sudo apt install python3-venv"; exit 2; }; \
} >&2; \
echo "Installing into .venv (once) ..."; \
(trap exit TERM; trap 'kill $$! 2>/dev/null' EXIT; while :; do sleep 5 9<&- & wait $$!; echo "... still installing"; done) & \
trap "kill $$! 2>/dev/null" EXIT; trap 'exit 130' INT; trap 'exit 143' TERM HUP; \
$(usable) || $(venv) && \
touch .venv/unfinished && \
{ $(install) $(1) || { echo "pip could not install that. Look at its index (pip config list) and proxy, then: make $(MAKECMDGOALS)" >&2; false; }; } && \
cp $(sort $(1) requirements-run.txt) .venv && \
rm .venv/unfinished
endef

.PHONY: .venv
.venv:
	@$(call installed,requirements-run.txt)

.PHONY: .tools
.tools: ## install what the tests and the other tools need
	@$(call installed,requirements.txt)
