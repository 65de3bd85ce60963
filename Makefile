# People: run, test. Everything else is for those who work on it. README.md explains.
PYTHON ?= python3
BOOTSTRAP = $(PYTHON) nps_app/local/bootstrap.py
BIN = .venv/bin

.PHONY: run shell backup restore test test-all check format bench audit messages

run:
	@$(BOOTSTRAP) run

shell:
	@$(BOOTSTRAP) manage shell

backup:
	@$(BOOTSTRAP) manage backup $(FILE)
