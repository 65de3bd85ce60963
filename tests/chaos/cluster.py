"""All that runs: durable servers, the mail server, web, two workers and beat, each of which can be killed and started."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote

from nps_app.local import servers
from nps_app.local.places import Places, settle
from nps_app.local.process import Child
from nps_app.local.stack import QUEUES, ROOT, is_healthy
from tests.chaos.hosts import Host
from tests.chaos.options import SHORT_WAITS, Options
from tests.helpers.waiting import free_port

WORKERS: Final = ("worker-1", "worker-2")
APPLICATION: Final = ("web", *WORKERS, "beat")
EVERYTHING: Final = ("postgres", "valkey", *APPLICATION)
OPEN_SERVER: Final = ("-c", "listen_addresses=*")
OPEN_VALKEY: Final = ("--port", "6379", "--bind", "0.0.0.0", "--protected-mode", "no")


@dataclass
class Cluster:
    root: Path
    options: Options
    hosts: list[Host]  # of the workers; none: all of it is on this one, and the servers are reached by sockets
    web_port: int = field(default_factory=free_port)
    mail_port: int = field(default_factory=free_port)
    children: dict[str, Child] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.places: Places = settle(self.root / "data")
        self.keys = servers.Secrets.load_or_make(self.places.data)

    @property
    def mails(self) -> Path:
        return self.root / "mails.jsonl"

    @property
    def clicks(self) -> Path:
        return self.root / "clicks.jsonl"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    # ── the environment ──
    def environment(self, host: Host | None = None) -> dict[str, str]:
        """What an operator would set on that host; None is this one."""
        ours = ("DATABASE", "REDIS", "EMAIL_", "NPS_", "SECRET_KEY", "PUBLIC_URL", "PORT", "DJANGO_", "CHAOS_")
        rest = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return rest | self._secrets() | self._addresses(host) | SHORT_WAITS

    def _secrets(self) -> dict[str, str]:
        return {
            "DJANGO_SETTINGS_MODULE": "nps_app.settings",
            "SECRET_KEY": self.keys.secret_key,
            "NPS_LINK_KEYS": self.keys.link_keys,
            "NPS_DATA_DIR": str(self.places.data),
            "NPS_STATIC_ROOT": self.options.static or str(self.root / "static"),
            "NPS_LOCAL": "1",
            "PUBLIC_URL": self.url,
            "PYTHONUNBUFFERED": "1",
        }

    def _addresses(self, host: Host | None) -> dict[str, str]:
        if host is None:
            return {
                "DATABASE_URL": servers.application_url(self.places, self.keys),
                "DATABASE_OWNER_URL": servers.owner_url(self.places, self.keys),
                "REDIS_URL": servers.valkey_url(self.places),
                "EMAIL_HOST": "127.0.0.1",
                "EMAIL_PORT": str(self.mail_port),
            }
        return {
            "DATABASE_URL": f"postgresql://nps_app:{quote(self.keys.application, safe='')}@{host.servers}:5432/nps",
            "REDIS_URL": f"redis://{host.servers}:6379/0",
            "EMAIL_HOST": host.servers,
            "EMAIL_PORT": str(self.mail_port),
        }

    # ── the processes ──
    def start(self) -> None:
        """Everything, migrated. Returns when all are ready."""
        for child in (self._postgres(), self._valkey(), self._sink()):
            self.start_again(child.name, child)
        servers.make_roles(self.places, self.keys)
        self._make_tables()
        starting = [self._web(), *self._workers(), self._beat()]
        for child in starting:
            self.children[child.name] = child
            child.start()
        for child in starting:
            child.wait_ready(120)

    def _make_tables(self) -> None:
        if not self.options.static:
            self._manage("collectstatic", "--noinput", "--verbosity=0")
        if not self.options.dump:
            return self._manage("migrate", "--verbosity=0")
        psql = [self.places.program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", self.options.dump]
        subprocess.run([*psql, servers.owner_url(self.places, self.keys)], stdout=subprocess.DEVNULL, check=True)
        return None

    def start_again(self, name: str, child: Child | None = None) -> None:
        """After a kill; returns when it is ready."""
        child = self.children.setdefault(name, child or self.children[name])
        if name == "postgres":
            servers.start_ready(self._postgres_again(), patience=60)
            return
        child.start()
        child.wait_ready(120)

    def _postgres_again(self) -> Child:
        """Anew, because it first looks whether its predecessor left a note."""
        self.children["postgres"] = self._postgres()
        return self.children["postgres"]

    def _manage(self, *command: str) -> None:
        subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=self.environment(), check=True)

    def _postgres(self) -> Child:
        child = servers.postgres(self.places, self.keys)
        if self.hosts:
            child.command = [*child.command, *OPEN_SERVER]
            self._let_hosts_in()
        return child

    def _let_hosts_in(self) -> None:
        rule = "host all all 10.77.0.0/16 scram-sha-256\n"
        rules = self.places.cluster / "pg_hba.conf"
        if rule not in rules.read_text():
            with rules.open("a") as file:
                file.write(rule)

    def _valkey(self) -> Child:
        child = servers.valkey(self.places)
        if self.hosts:
            child.command = [*child.command, *OPEN_VALKEY]
        return child

    def _sink(self) -> Child:
        host = "0.0.0.0" if self.hosts else "127.0.0.1"
        seed, seconds = str(self.options.seed), str(self.options.answer_seconds)
        module = ["-m", "tests.chaos.sink", host, str(self.mail_port), seed, seconds, str(self.mails)]
        return self._python("sink", *module, says="listening")

    def _web(self) -> Child:
        options = ["--interface", "wsgi", "--workers", "2", "--blocking-threads", "4", "--respawn-failed-workers"]
        address = ["--host", "127.0.0.1", "--port", str(self.web_port), "--no-ws"]
        child = self._python("web", "-m", "granian", *options, *address, "nps_app.wsgi:application")
        child.ready = lambda: is_healthy(self.web_port)
        return child

    def _workers(self) -> Iterator[Child]:
        hosts: list[Host | None] = [*self.hosts] or [None, None]
        for name, host in zip(WORKERS, hosts, strict=True):
            yield self._worker(name, host)

    def _worker(self, name: str, host: Host | None) -> Child:
        options = ["-n", f"{name}@chaos", "--queues", QUEUES, "--concurrency", "2", "--without-gossip"]
        is_skewed = host is not None and name == WORKERS[1] and self.options.skew_seconds
        module = ["tests.chaos.skewed", str(self.options.skew_seconds)] if is_skewed else ["celery"]
        command = ["-m", *module, "-A", "nps_app", "worker", *options, "--without-mingle", "--loglevel=INFO"]
        return self._python(name, *command, says=" ready.", host=host)

    def _beat(self) -> Child:
        schedule = ["--schedule", str(self.root / "beat-schedule"), "--pidfile=", "--loglevel=INFO"]
        return self._python("beat", "-m", "celery", "-A", "nps_app", "beat", *schedule, says="beat: Starting")

    def clicker(self) -> Child:
        seed, share = str(self.options.seed), str(self.options.clicking)
        module = ["-m", "tests.chaos.clicks", self.url, seed, share, str(self.mails), str(self.clicks)]
        return self._python("clicks", *module)

    def _python(self, name: str, *arguments: str, says: str = "", host: Host | None = None) -> Child:
        command = [sys.executable, *arguments]
        child = Child(
            name=name,
            command=host.inside(*command) if host else command,
            environment=self.environment(host),
            ready=lambda: True,
            log=self.places.logs / f"{name}.log",
            folder=ROOT,
        )
        if says:
            child.ready = lambda: child.said(says)
        return child

    def stop(self) -> None:
        for child in reversed(self.children.values()):
            child.kill9()


@contextmanager
def running(options: Options, hosts: list[Host], say: Callable[[str], None]) -> Iterator[Cluster]:
    """What is left of it when something is wrong is its folder, whose name is said."""
    # Not below folders that are private: root's servers run as another user.
    root = Path(tempfile.mkdtemp(prefix="nps-chaos-"))
    root.chmod(0o711)
    cluster = Cluster(root, options, hosts)
    try:
        for host in hosts:
            host.start()
        cluster.start()
        yield cluster
    except BaseException:
        say(f"ledgers and logs are in {root}")
        raise
    finally:
        cluster.stop()
        for host in hosts:
            host.stop()


def remove(cluster: Cluster) -> None:
    if cluster.places.home != cluster.places.data:
        shutil.rmtree(cluster.places.home)
    shutil.rmtree(cluster.root)
