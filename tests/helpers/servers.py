"""Throw-away PostgreSQL and Valkey for one test session.

The session's first process (pytest itself, or the controller of xdist) makes the folder and PostgreSQL; workers find
both through the environment. Every process has a Valkey of its own, so that a test may flush it. All of it ends with
the session, however the session ends.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import redis

from nps_app.local import places, servers
from nps_app.local.process import Child

HOME = "TEST_SERVERS_HOME"
REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass
class Session:
    root: Path
    worker: str  # "" in the first process
    places: places.Places
    keys: servers.Secrets
    children: list[Child] = field(default_factory=list)

    @classmethod
    def find_or_make(cls) -> "Session":
        root = Path(os.environ.get(HOME) or tempfile.mkdtemp(prefix="nps-test-"))
        root.chmod(0o711)
        found = places.settle(root / "data")
        worker = os.environ.get("PYTEST_XDIST_WORKER", "")
        return cls(root, worker, found, servers.Secrets.load_or_make(found.data))

    @property
    def is_first(self) -> bool:
        return not self.worker

    @property
    def valkey_name(self) -> str:
        return f"valkey-{self.worker or 'main'}"

    @property
    def static_root(self) -> Path:
        return self.root / "static"

    def environment(self, *, mail_port: int, database: str = servers.DATABASE) -> dict[str, str]:
        """What an operator would set for this process and for the processes that it starts."""
        data = self.root / f"own-{self.worker or 'main'}"
        return {
            HOME: str(self.root),
            "DJANGO_SETTINGS_MODULE": "nps_app.settings",
            "DATABASE_URL": servers.application_url(self.places, self.keys, database),
            "DATABASE_OWNER_URL": servers.owner_url(self.places, self.keys, database),
            "REDIS_URL": servers.valkey_url(self.places, self.valkey_name),
            "SECRET_KEY": self.keys.secret_key,
            "NPS_LINK_KEYS": self.keys.link_keys,
            "NPS_DATA_DIR": str(data),
            "NPS_STATIC_ROOT": str(self.static_root),
            "NPS_LOCAL": "1",
            "PUBLIC_URL": "http://testserver",
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(mail_port),
        }

    def start(self) -> None:
        if self.is_first:
            with self._static_collected():
                self._start_postgres()
        self._run(servers.valkey(self.places, name=self.valkey_name, durable=False))

    def _start_postgres(self) -> None:
        self._run(servers.postgres(self.places, self.keys, durable=False))
        servers.make_roles(self.places, self.keys)
        servers.make_roles(self.places, self.keys, "template1")  # the databases that Django makes inherit the grants
        with servers.superuser_connection(self.places, self.keys) as connection:
            connection.cursor().execute(
                "ALTER ROLE nps_owner CREATEDB; GRANT SET ON PARAMETER session_replication_role TO nps_owner"
            )

    def _run(self, child: Child) -> None:
        child.start()
        self.children.append(child)
        child.wait_ready()

    @contextmanager
    def _static_collected(self) -> Iterator[None]:
        """Meanwhile."""
        command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity=0"]
        with subprocess.Popen(command, cwd=REPOSITORY) as collecting:
            yield
        assert collecting.returncode == 0

    def empty_valkey(self) -> None:
        with redis.Redis(unix_socket_path=str(self.places.sockets / f"{self.valkey_name}.sock")) as client:
            client.flushall()

    def stop(self) -> None:
        for child in reversed(self.children):
            child.stop()
        if self.is_first:
            shutil.rmtree(self.root, ignore_errors=True)
            if self.places.home != self.places.data:
                shutil.rmtree(self.places.home, ignore_errors=True)
