# Indivis: every target sets up what it needs, on Debian 12, Debian 13 or Raspberry Pi OS (64 bit), and may be
# repeated at will. `make run ARGS="--speed 60"` hands arguments on.

.PHONY: help run test test-pi bench soak lint rules lock clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

run:  ## the whole workshop on this computer, with simulated readers
	@config/setup.sh run
	@exec .venv/bin/indivis demo $(ARGS)

test:  ## every check and every test
	@config/setup.sh test
	@config/check.sh $(ARGS)

test-pi:  ## the controller on an emulated Raspberry Pi, its pins read from outside; skipped without QEMU
	@config/setup.sh test
	@config/pi/prepare.sh >/dev/null || true
	@exec .venv/bin/pytest -m pi $(ARGS)

soak:  ## the property tests, the emulated Pi and the long runs, for as long as it takes
	@config/setup.sh test
	@config/pi/prepare.sh >/dev/null || true
	@exec .venv/bin/pytest --hypothesis-profile=soak -m "soak or hypothesis or pi" $(ARGS)

bench:  ## how long a tap takes, in at most three minutes
	@config/setup.sh run
	@exec .venv/bin/indivis bench $(ARGS)

lint:  ## mend what ruff can mend, show the rest
	@config/setup.sh test
	@.venv/bin/ruff check --fix . ; .venv/bin/ruff format . ; .venv/bin/mypy ; .venv/bin/lint-imports --no-logo

rules:  ## write docs/reference/rules.md, mqtt.md and roles.md again, after a change of rules, evenings, contract or roles
	@config/setup.sh test
	@.venv/bin/python -m tests.rules.rule_book
	@.venv/bin/python -m tests.rules.contract_book
	@.venv/bin/python -m tests.rules.role_book

lock:  ## write the locks again; ARGS=--upgrade takes newer libraries
	@config/lock.sh $(ARGS)

clean:  ## forget everything that was built here
	@rm -rf .venv .setup.lock .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build *.egg-info
