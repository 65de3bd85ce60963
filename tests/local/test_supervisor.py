"""What `make run` promises to whoever starts, stops and kills it. Real processes, in folders of their own."""

import os
import shutil
import signal
import socket
from pathlib import Path

import psycopg2
import pytest

from nps_app.local import places, servers
from nps_app.local.folder import Lock, State
from nps_app.local.stack import Stack, is_healthy
from nps_app.local.supervisor import Supervisor
from tests.helpers.processes import OwnStack, ended
from tests.helpers.waiting import wait_until

CHILDREN = {"postgres", "valkey", "mailbox", "web", "worker", "beat"}


def family(pids):
    """The processes and those of their sessions: granian's and Celery's workers, for example."""
    members = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) in pids:
            members.append(int(entry.parent.name))
    return members


def made_at_first(stack):
    """What takes long to make, and when it was made."""
    paths = [stack.places.cluster / "PG_VERSION", stack.data / "static.sha256", stack.data / "secrets.json"]
    return {path: path.stat().st_mtime_ns for path in paths}


@pytest.mark.long
def test_it_survives_the_death_of_any_child_and_of_everything(own_stack):
    stack = own_stack().start()
    assert stack.pids().keys() == CHILDREN

    for name in ("valkey", "mailbox", "web", "worker", "beat", "postgres"):
        stack.wait_for_restart(name, killed=stack.kill9(name))
    wait_until(lambda: is_healthy(stack.port), what="the web server's return")

    orphans, made = family(stack.pids().values()), made_at_first(stack)
    stack.kill9_everything()
    stack.start()

    assert ended(orphans)
    assert is_healthy(stack.port)
    assert made_at_first(stack) == made


@pytest.mark.long
def test_it_is_one_to_a_folder_outlived_by_nothing_and_stops_cleanly(installed_stack):
    stack = installed_stack().start()

    refused = refusal(OwnStack(stack.data))
    assert "is in use by process" in refused
    assert "Traceback" not in refused

    everyone = family(stack.pids().values())
    assert stack.process is not None
    stack.process.kill()
    stack.process.wait()
    stack.start()  # most have died with their parent; who has not is ended by the next start
    assert ended(everyone)

    everyone = family(stack.pids().values())
    assert stack.stop(signal.SIGINT) == 0
    assert ended(everyone)


def refusal(stack):
    """What it says when it does not start."""
    stack.output.touch()
    process = stack.launch()
    assert process.wait(60) == 1
    return stack.output.read_text()


def test_a_port_in_use_gets_one_sentence(own_stack):
    with socket.create_server(("127.0.0.1", 0)) as other:
        stack = own_stack()
        stack.port = other.getsockname()[1]
        said = refusal(stack)

    assert said.startswith(f"Port {stack.port} is in use;")
    assert len(said.splitlines()) == 1


def test_a_data_folder_of_another_postgresql_gets_one_sentence(own_stack):
    stack = own_stack()
    stack.data.mkdir()
    cluster = stack.places.cluster
    cluster.mkdir()
    (cluster / "PG_VERSION").write_text("15\n")

    said = refusal(stack)

    assert "was made by PostgreSQL 15 and this release brings PostgreSQL 18" in said
    assert "Traceback" not in said


def test_a_folder_that_may_not_be_written_says_whose_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)  # to root nothing is read-only

    with pytest.raises(places.LocalError, match="is yours but cannot be written to"):
        places.settle(tmp_path)
    monkeypatch.setattr(os, "getuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(places.LocalError, match="belongs to another user"):
        places.settle(tmp_path)


def welcome(stack):
    said: list[str] = []
    Supervisor(stack, said.append, State(address=stack.address))._welcome()
    return said[0]


def test_behind_an_address_of_ones_own_it_says_where_it_listens(tmp_path, monkeypatch, session_servers):
    monkeypatch.setenv("PUBLIC_URL", "https://nps.example.com")
    monkeypatch.setenv("PORT", "8010")

    said = welcome(Stack(tmp_path, None, session_servers.keys))

    assert "Ready: https://nps.example.com" in said
    assert "It listens on http://127.0.0.1:8010" in said


def test_a_full_disk_gets_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(places, "LEAST_FREE", 2**62)

    with pytest.raises(places.LocalError, match=r"is full \(\d+ MB free, .* make room"):
        places.settle(tmp_path)


def test_half_of_the_servers_named_gets_one_sentence(own_stack):
    said = refusal(own_stack(DATABASE_URL="postgresql://db.example.com/nps"))

    assert said.startswith("DATABASE_URL is set and REDIS_URL is not;")


def test_a_folder_that_only_root_may_enter_works(own_stack):
    """A clone under root's home: PostgreSQL runs as another user, who cannot get there."""
    stack = own_stack()
    stack.data.parent.chmod(0o700)

    done = stack.manage("migrate", "surveys", "--check")

    assert done.returncode == 1, "the database is there and has no tables yet"
    assert done.stderr == ""
    inside = stack.data / "postgres"
    outside = places.private_home(stack.data)
    if os.getuid() == 0:
        assert not inside.exists()
        assert stack.places.home == outside
        assert outside.stat().st_mode & 0o777 == 0o700
        assert f"Database: {outside} (as user nobody)" in welcome(Stack(stack.data, stack.places, stack.keys))
    else:
        assert inside.exists()


@pytest.fixture
def far_away():
    """A folder whose path is too long for a socket."""
    folder = Path("/tmp") / f"nps-far-{os.getpid()}" / ("x" * 100)
    folder.mkdir(parents=True)
    yield folder
    shutil.rmtree(folder.parent)


def test_a_path_too_long_for_sockets_works(far_away):
    found = places.settle(far_away)
    server = servers.postgres(found, servers.Secrets.load_or_make(found.data), durable=False)
    server.start()
    server.wait_ready()
    server.stop()

    assert len(bytes(found.sockets)) < 60
    assert places.settle(far_away).sockets == found.sockets
    found.sockets.rmdir()


def test_a_data_folder_that_was_moved_says_where_its_database_is(far_away):
    (far_away / "home").write_text("/var/lib/nps-of-another-path\n")

    with pytest.raises(places.LocalError, match="was moved or copied and its database is in /var/lib/nps-of-another"):
        places.settle(far_away)


def test_a_lock_is_held_by_one(tmp_path):
    first, second = Lock(tmp_path), Lock(tmp_path)

    assert first.take()
    assert not second.take()
    assert second.holder() == str(os.getpid())
    first.release()
    assert second.take()


def test_neither_role_is_a_superuser_and_the_application_cannot_change_tables(session_servers):
    owner = servers.owner_url(session_servers.places, session_servers.keys)
    application = servers.application_url(session_servers.places, session_servers.keys)
    with psycopg2.connect(owner) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolsuper AND rolname LIKE 'nps%'")
        assert cursor.fetchall() == []
        cursor.execute("CREATE TABLE IF NOT EXISTS thing (id bigint GENERATED ALWAYS AS IDENTITY, name text)")
    with psycopg2.connect(application) as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO thing (name) VALUES ('one')")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("TRUNCATE thing")
