# `make run` and `make test` are all that most people need; README.md says more.
PYTHON ?= python3
BOOTSTRAP = $(PYTHON) nps_app/local/bootstrap.py
BIN = .venv/bin
# `make test TESTS=tests/local` runs a part.
# One more than there are processors: a quarter of the time tests wait for workers, mails and browsers.
PROCESSES ?= $(shell echo $$(($$(nproc 2>/dev/null || echo 2) + 1)))
TESTS ?=
# The order of the tests is random; in CI it is the same every time.
SEEDED = $(if $(CI),--randomly-seed=20260101)
# The checks read the settings and need no server; these lead nowhere.
NOWHERE = env SECRET_KEY=check-only-check-only-check-only-check-only-check-only NPS_LINK_KEYS=check-only-check-only-check-only \
	DATABASE_URL=postgresql://nobody@/nowhere REDIS_URL=redis://nowhere PUBLIC_URL=https://nps.example.com

.PHONY: run shell manage backup restore test test-all check format bench quality start chaos audit install chromium

run:
	@$(BOOTSTRAP) run

shell:
	@$(BOOTSTRAP) manage shell

# make manage DO="make_operator you@example.com"
manage:
	@$(BOOTSTRAP) manage $(DO)

# make backup [FILE=nps.tar]
backup:
	@$(BOOTSTRAP) manage backup $(FILE)

# make restore FILE=nps.tar [CONFIRM=--replace]
restore:
	@test -n "$(FILE)" || { echo "Say which backup: make restore FILE=var/backups/nps-….tar" >&2; exit 2; }
	@$(BOOTSTRAP) manage restore "$(FILE)" $(CONFIRM)

install:
	@$(BOOTSTRAP) install dev

test: install chromium check
	$(BIN)/pytest -n $(PROCESSES) -m "not long" $(SEEDED) $(TESTS)

test-all: install chromium check
	$(BIN)/pytest -n $(PROCESSES) $(SEEDED) $(TESTS)

check: install
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(NOWHERE) $(BIN)/mypy
	$(BIN)/lint-imports
	find templates -name '*.html' -print0 | xargs -0 $(BIN)/djade --target-version 5.2 --check
	$(NOWHERE) $(BIN)/python -W ignore manage.py makemigrations --check --dry-run
	$(NOWHERE) $(BIN)/python manage.py check --deploy --fail-level ERROR

format: install
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	find templates -name '*.html' -print0 | xargs -0 $(BIN)/djade --target-version 5.2

# make bench [ONLY=send]
bench: install
	@$(BIN)/python -m tests.bench $(ONLY)

# How well comments are read, on comments that nothing was learned from; docs/comments.md has the figures.
quality: install
	@$(NOWHERE) DJANGO_SETTINGS_MODULE=nps_app.settings $(BIN)/python -m tests.quality

# The shipped start of the reading of comments, again from its sentences (surveys/comments/data/sentences).
start: install
	@$(NOWHERE) DJANGO_SETTINGS_MODULE=nps_app.settings $(BIN)/python -m tests.quality start

# make chaos [CHAOS_PEOPLE=100000] [CHAOS_KILLS=40] [CHAOS_SEED=1] [HOSTS=2]; docs/delivery.md explains what it shows.
chaos: export CHAOS_HOSTS := $(or $(HOSTS),$(CHAOS_HOSTS))
chaos: install
	@$(BIN)/python -m tests.chaos

# --strict: a package that could not be audited is a failure too.
audit: install
	$(BIN)/pip-audit --strict --disable-pip --no-deps $(foreach file,requirements.txt requirements-local.txt requirements-dev.txt,-r $(file))

# Browser tests use Debian's chromium; in CI its absence fails them.
chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	else \
		echo "No chromium on PATH: browser tests will be skipped; install it with: sudo apt-get install chromium" >&2; \
	fi
