"""Celery on a host whose clock is wrong: `python -m tests.chaos.skewed seconds-ahead celery's arguments`."""

import sys
from datetime import UTC, datetime, timedelta

import time_machine
from celery.__main__ import main

if __name__ == "__main__":
    ahead = timedelta(seconds=float(sys.argv.pop(1)))
    with time_machine.travel(datetime.now(UTC) + ahead, tick=True):
        sys.exit(main())
