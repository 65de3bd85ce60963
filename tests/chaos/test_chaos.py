"""`make chaos`, the short form: the campaign goes out, everything is killed, and everybody has one mail."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from nps_app.local import servers
from tests.chaos import hosts
from tests.helpers.processes import REPOSITORY
from tests.helpers.servers import Session

PATIENCE_SECONDS = 400  # on a machine that does much else; alone it takes a tenth


@pytest.fixture
def dump(django_db_setup: None, session_servers: Session, tmp_path: Path) -> Path:
    """Of this process's test database, which was migrated already: that takes longer than the rest of a short run."""
    found = tmp_path / "migrated.sql"
    of = servers.owner_url(session_servers.places, session_servers.keys, str(connection.settings_dict["NAME"]))
    command = [session_servers.places.program("pg_dump"), "--no-owner", "--no-privileges", f"--file={found}", of]
    subprocess.run(command, check=True)
    return found


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


def test_nothing_is_lost_and_nothing_doubled_unannounced_while_everything_is_killed(
    dump: Path, session_servers: Session
) -> None:
    found = chaos(
        dump=dump, static=session_servers.static_root, people=2000, kills=6, clicking=0.1, answer_seconds=0.005
    )

    assert found["kills"] == 6
    assert 1900 < found["sent"] <= 2000
    assert found["lost"] == found["doubled_unexplained"] == found["clicks_lost"] == 0
    assert 0 < found["doubled"] <= found["uncertain_named"]
    assert found["clicks_acknowledged"] > 100


@pytest.mark.long
def test_a_host_that_is_cut_off_and_comes_back_with_a_wrong_clock_loses_and_doubles_nothing(dump: Path) -> None:
    try:
        hosts.own_namespace()
    except hosts.NoNamespaces as error:
        pytest.skip(f"this machine makes no network namespaces, so there is only one host: {error}")
    found = chaos(dump=dump, hosts=2, people=500, kills=1, clicking=0.1, answer_seconds=0.01, skew_seconds=60)

    assert found["kills"] == 1
    assert found["lost"] == found["doubled_unexplained"] == found["clicks_lost"] == 0
    assert found["sent"] > 470
