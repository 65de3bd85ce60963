"""`make chaos`, the short form: the campaign goes out, everything is killed, and everybody has one mail."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.chaos import hosts
from tests.helpers.processes import REPOSITORY

PATIENCE_SECONDS = 400  # on a machine that does much else; alone it takes a tenth


def chaos(**options: object) -> dict[str, Any]:
    """The last line of a run that went well."""
    given = {f"CHAOS_{name.upper()}": str(value) for name, value in options.items()}
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos"],
        cwd=REPOSITORY,
        env=os.environ | {"CHAOS_MINUTES": "5"} | given,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_nothing_is_lost_and_nothing_doubled_unannounced_while_everything_is_killed() -> None:
    found = chaos(people=2000, kills=6, clicking=0.1, answer_seconds=0.005)

    assert found["kills"] == 6
    assert 1900 < found["sent"] <= 2000
    assert found["lost"] == found["doubled_unexplained"] == found["clicks_lost"] == 0
    assert 0 < found["doubled"] <= found["uncertain_named"]
    assert found["clicks_acknowledged"] > 100


def test_a_host_that_is_cut_off_and_comes_back_with_a_wrong_clock_loses_and_doubles_nothing() -> None:
    try:
        hosts.own_namespace()
    except hosts.NoNamespaces as error:
        pytest.skip(f"this machine makes no network namespaces, so there is only one host: {error}")
    found = chaos(hosts=2, people=500, kills=1, clicking=0.1, answer_seconds=0.01, skew_seconds=60)

    assert found["kills"] == 1
    assert found["lost"] == found["doubled_unexplained"] == found["clicks_lost"] == 0
    assert found["sent"] > 470
