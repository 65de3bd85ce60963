"""All migrations in one, and one after the other, come to the same."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from nps_app.local import servers
from tests.helpers.processes import REPOSITORY
from tests.helpers.servers import Session

ONE_BY_ONE = """
import django; django.setup()
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
executor = MigrationExecutor(connection)
executor.loader = MigrationLoader(connection, replace_migrations=False)
executor.migrate([node for node in executor.loader.graph.leaf_nodes() if "_squashed_" not in node[1]])
"""
SQUASHED = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
"""


@contextmanager
def database(session: Session, name: str) -> Iterator[str]:
    psql = [session.places.program("psql"), "-X", "-q", "-c"]
    url = servers.owner_url(session.places, session.keys)
    subprocess.run([*psql, f"CREATE DATABASE {name}", url], check=True)
    try:
        yield servers.owner_url(session.places, session.keys, name)
    finally:
        subprocess.run([*psql, f"DROP DATABASE {name}", url], check=True)


def schema(session: Session, name: str, script: str) -> list[str]:
    with database(session, name) as url:
        environment = session.environment(mail_port=1, database=name) | {
            "DATABASE_URL": url,
            "DATABASE_OWNER_URL": url,
            "DJANGO_SETTINGS_MODULE": "nps_app.settings",
        }
        subprocess.run([sys.executable, "-W", "ignore", "-c", script], cwd=REPOSITORY, env=environment, check=True)
        dump = [session.places.program("pg_dump"), "--schema-only", url]
        found = subprocess.run(dump, capture_output=True, text=True, check=True).stdout
    return [line for line in found.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]


@pytest.mark.long
def test_a_new_database_is_made_as_if_by_every_migration(session_servers: Session, django_db_setup: None) -> None:
    name = str(connection.settings_dict["NAME"])

    assert schema(session_servers, f"{name}_squashed", SQUASHED) == schema(session_servers, f"{name}_each", ONE_BY_ONE)
