"""PostgreSQL and Valkey from their wheels, on sockets only.

Of the PostgreSQL wheel only the programs are used, not its Python layer: that adds an OS user and opens folders.
"""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg2

from nps_app.local.places import LocalError, Places
from nps_app.local.process import Child, is_running

ROLES_SQL = Path(__file__).with_name("roles.sql")
SUPERUSER = "postgres"
DATABASE = "nps"
PREDECESSOR = "pre-existing shared memory block"  # PostgreSQL's words for sessions that outlive their server
ENCODING = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8"]
ALWAYS = {
    "listen_addresses": "",
    "shared_buffers": "256MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    "max_connections": "120",
}
# Rows of tests come and go: what autovacuum notes of a table in between (that it is empty) makes joins a thousand times slower.
THROW_AWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "4GB",
    "autovacuum": "off",
}


@dataclass(frozen=True)
class Secrets:
    """Made once, kept in the data folder; whoever loses them loses the links in mailboxes."""

    superuser: str
    owner: str
    application: str
    secret_key: str
    link_keys: str

    @classmethod
    def load_or_make(cls, data: Path) -> "Secrets":
        path = data / "secrets.json"
        if not path.exists():
            write_private(path, json.dumps(asdict(cls._new()), indent=1))
        return cls(**json.loads(path.read_text()))

    @classmethod
    def _new(cls) -> "Secrets":
        superuser, owner, application = (secrets.token_urlsafe(24) for _ in range(3))
        return cls(superuser, owner, application, secrets.token_urlsafe(48), secrets.token_urlsafe(32))


def write_private(path: Path, text: str) -> None:
    """Whole or not at all, readable by us alone, on disk before it is relied on."""
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)


def plain_environment() -> dict[str, str]:
    """Nothing of ours: no PG* variable, no locale, no secret reaches a server."""
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", "HOME": "/"}


def start_ready(child: Child, check: Callable[[], None] = lambda: None, patience: float = 20) -> None:
    """Start a server and wait for it; again while the killed predecessor's sessions are still ending.

    `check` is called while waiting and may raise to give up. Raises LocalError when it does not start.
    """
    deadline = time.monotonic() + patience
    while True:
        child.start()
        try:
            return child.wait_ready(60, check)
        except LocalError:
            if child.is_running() or not child.said(PREDECESSOR) or time.monotonic() > deadline:
                raise
            time.sleep(0.2)


# ── PostgreSQL ──────────────────────────────────────────────────────────────────────────────────────────────────────


def postgres(places: Places, keys: Secrets, *, durable: bool = True) -> Child:
    """The server as a child to start; its cluster is made first when there is none."""
    _refuse_other_major(places)
    if not places.cluster.exists():
        _make_cluster(places, keys, durable=durable)
    _forget_dead_postmaster(places)
    options = ALWAYS | ({} if durable else THROW_AWAY)
    options |= {"unix_socket_directories": str(places.sockets), "unix_socket_permissions": "0700"}
    settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    return Child(
        name="postgres",
        command=[places.program("postgres"), "-D", str(places.cluster), *settings],
        environment=plain_environment(),
        ready=lambda: _answers(places, keys),
        stop_signal=signal.SIGINT,  # "fast": ends sessions, writes a checkpoint
        stop_seconds=60,
        account=places.account,
        log=places.logs / "postgres.log",
    )


def bundled_major(places: Places) -> str:
    """Such as "18"."""
    found = subprocess.run([places.program("postgres"), "--version"], capture_output=True, text=True, check=True)
    return found.stdout.split()[-1].partition(".")[0]


def _refuse_other_major(places: Places) -> None:
    try:
        made_by = (places.cluster / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        return
    if made_by != (ours := bundled_major(places)):
        raise LocalError(
            f"The database in {places.cluster} was made by PostgreSQL {made_by} "
            f"and this release brings PostgreSQL {ours}: make a backup with the old release (`make backup`), "
            "then restore it into a new data folder (NPS_DATA_DIR)."
        )


def _forget_dead_postmaster(places: Places) -> None:
    """PostgreSQL takes a zombie, or a stranger that got the number, for its predecessor. Only for who holds the lock."""
    for note in (places.cluster / "postmaster.pid", places.sockets / ".s.PGSQL.5432.lock"):
        with suppress(FileNotFoundError):
            if not is_running(int(note.read_text().split()[0]), "postgres"):
                note.unlink()


def _make_cluster(places: Places, keys: Secrets, *, durable: bool) -> None:
    unfinished = places.home / "postgres.unfinished"
    if unfinished.exists():
        shutil.rmtree(unfinished)
    with _password_file(places, keys.superuser) as passwords:
        options = [f"--username={SUPERUSER}", "--auth=scram-sha-256", f"--pwfile={passwords}", *ENCODING]
        folder = places.private_folder(unfinished)
        _run_tool(places, "initdb", *options, *([] if durable else ["--no-sync"]), "-D", str(folder))
    unfinished.rename(places.cluster)


@contextmanager
def _password_file(places: Places, password: str) -> Iterator[Path]:
    handle, name = tempfile.mkstemp(dir=places.sockets)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(password + "\n")
        places.give(Path(name))
        yield Path(name)
    finally:
        os.unlink(name)


def _run_tool(places: Places, tool: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs as the servers' account. Raises LocalError with what it said."""
    account = places.account.arguments() if places.account else {}
    command = [places.program(tool), *arguments]
    done = subprocess.run(
        command, env=plain_environment(), cwd="/", capture_output=True, text=True, check=False, **account
    )
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if "error" in line.lower()] or done.stderr.splitlines()[-1:]
        raise LocalError(f"PostgreSQL's {tool} failed: {' / '.join(said)}")


def _answers(places: Places, keys: Secrets) -> bool:
    try:
        superuser_connection(places, keys).close()
    except psycopg2.OperationalError:
        return False
    return True


def superuser_connection(places: Places, keys: Secrets) -> "psycopg2.extensions.connection":
    return psycopg2.connect(host=str(places.sockets), user=SUPERUSER, password=keys.superuser, dbname="postgres")


def make_roles(places: Places, keys: Secrets, database: str = DATABASE) -> None:
    """Both roles and the database, by the same file that operators use on servers of their own."""
    environment = plain_environment() | {
        "PGHOST": str(places.sockets),
        "PGUSER": SUPERUSER,
        "PGPASSWORD": keys.superuser,
        "NPS_OWNER_PASSWORD": keys.owner,
        "NPS_APP_PASSWORD": keys.application,
    }
    command = [places.program("psql"), "-q", "-X", "-d", "postgres", "-v", f"database={database}", "-f", str(ROLES_SQL)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LocalError(f"The database roles could not be made: {done.stderr.strip()}")


def database_url(places: Places, role: str, password: str, database: str = DATABASE) -> str:
    return f"postgresql://{role}:{quote(password, safe='')}@/{database}?host={quote(str(places.sockets), safe='')}"


def owner_url(places: Places, keys: Secrets, database: str = DATABASE) -> str:
    return database_url(places, "nps_owner", keys.owner, database)


def application_url(places: Places, keys: Secrets, database: str = DATABASE) -> str:
    return database_url(places, "nps_app", keys.application, database)


# ── Valkey ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def valkey(places: Places, *, name: str = "valkey", durable: bool = True) -> Child:
    """The server as a child to start. `name` tells several on one set of places apart."""
    path = places.sockets / f"{name}.sock"
    folder = places.private_folder(places.home / name)
    options = {
        "--port": "0",
        "--unixsocket": str(path),
        "--unixsocketperm": "700",
        "--dir": str(folder),
        "--appendonly": "yes" if durable else "no",
        "--appendfsync": "everysec",
        "--save": "",
        "--maxmemory-policy": "noeviction",
    }
    return Child(
        name=name,
        command=[places.valkey_program, *(part for option in options.items() for part in option)],
        environment=plain_environment(),
        ready=lambda: _pongs(path),
        account=places.account,
        log=places.logs / f"{name}.log",
    )


def valkey_url(places: Places, name: str = "valkey") -> str:
    """As Celery writes it; redis-py calls the same scheme `unix://`."""
    return f"redis+socket://{places.sockets / f'{name}.sock'}"


def _pongs(path: Path) -> bool:
    """Whether it answers PING; while it loads its data it answers an error."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(1)
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False
