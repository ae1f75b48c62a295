# make app · make test · make bench · make lint. Needs Python 3.11 to 3.13, git and make, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: app test bench lint clean

app: $(READY)
	$(BIN)/automind-dash serve

# browser tests run apart: playwright keeps an event loop running, so no other test could start its own. They wait for the page most of
# the time, so both run at once, on one thread each: torch's threads would wait for each other
test: export OMP_NUM_THREADS = 1
test: $(READY)
	$(BIN)/python -m pytest -m browser > $(VENV)/browser-tests.log 2>&1 & browser=$$!; \
	$(BIN)/python -m pytest -n 2 -m "not browser"; others=$$?; \
	wait $$browser; browser=$$?; cat $(VENV)/browser-tests.log; \
	exit $$((others ? others : browser))

bench: $(READY)
	$(BIN)/python -m benchmarks

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

# a change of the lock or of pyproject.toml installs again
$(READY): requirements.lock requirements.hashes pyproject.toml
	$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(not ((3, 11) <= v <= (3, 13)) and "Python 3.11 to 3.13 is needed, this is %d.%d: make PYTHON=python3.11 …" % v)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet "$$(grep '^torch==' requirements.lock)"
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements.hashes
	$(BIN)/python -m pip install --quiet --no-deps -e .
	$(BIN)/python -m automind_dash.circuit.warm
	touch $(READY)


clean:
	rm -rf $(VENV)
