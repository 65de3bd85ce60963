"""What runs: the environment of every process, the embedded servers, and the processes of the application."""

import hashlib
import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from nps_app.local import servers
from nps_app.local.places import LocalError, Places, own_folder, settle
from nps_app.local.process import Child, dies_with_parent
from nps_app.local.servers import Secrets

ROOT = Path(__file__).resolve().parents[2]
QUEUES = "email,bulk,rollups,default,inbound"
EXTERNAL = ("DATABASE_URL", "REDIS_URL")
MAIL = ("EMAIL_HOST", "EMAIL_BACKEND")
ANSWERS = "replies.localhost"  # the domain of answers, of which the mailbox hands mails to the application


def given(name: str) -> bool:
    return bool(os.environ.get(name) or os.environ.get(f"{name}_FILE"))


def is_embedded() -> bool:
    """Raises LocalError when only one of the two servers is named."""
    named = [name for name in EXTERNAL if given(name)]
    if len(named) == 1:
        missing = next(name for name in EXTERNAL if name not in named)
        raise LocalError(f"{named[0]} is set and {missing} is not; set both, or none for the embedded servers.")
    return not named


def has_mailbox() -> bool:
    return is_embedded() and not any(given(name) for name in MAIL)


def port() -> int:
    value = os.environ.get("PORT") or "8000"
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise LocalError(f"PORT={value!r} is not a port number.")
    return int(value)


def data_folder() -> Path:
    return Path(os.environ.get("NPS_DATA_DIR") or ROOT / "var")


@dataclass(frozen=True)
class ManageCommand:
    command: list[str]
    environment: dict[str, str]

    def run(self) -> int:
        """On the terminal."""
        return subprocess.run(self.command, cwd=ROOT, env=self.environment, check=False).returncode

    def start(self) -> "subprocess.Popen[str]":
        """With its output kept, and away from the terminal's Ctrl-C."""
        return subprocess.Popen(
            self.command,
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=dies_with_parent(signal.SIGTERM),
        )


@dataclass
class Stack:
    """`places` is None when the servers are somebody else's (DATABASE_URL and REDIS_URL are set)."""

    data: Path
    places: Places | None
    keys: Secrets
    mail_socket: socket.socket | None = None
    mail_port: int = 0

    @classmethod
    def find(cls) -> "Stack":
        places = settle(data_folder()) if is_embedded() else None
        data = places.data if places else data_folder().expanduser().resolve()
        data.mkdir(parents=True, exist_ok=True)
        own_folder(data / "logs")
        return cls(data, places, Secrets.load_or_make(data))

    @property
    def address(self) -> str:
        return (os.environ.get("PUBLIC_URL") or f"http://localhost:{port()}").rstrip("/")

    # ── the environment ──

    def environment(self) -> dict[str, str]:
        """What every process of the application sees; settings come from nowhere else."""
        return os.environ | self._secrets() | self._server_addresses() | self._mail()

    def _secrets(self) -> dict[str, str]:
        made = {"SECRET_KEY": self.keys.secret_key, "NPS_LINK_KEYS": self.keys.link_keys}
        common = {"NPS_DATA_DIR": str(self.data), "PYTHONUNBUFFERED": "1", "DJANGO_SETTINGS_MODULE": "nps_app.settings"}
        return common | {name: value for name, value in made.items() if not given(name)}

    def _server_addresses(self) -> dict[str, str]:
        if self.places is None:
            return {}
        return {
            "NPS_LOCAL": "1",
            "DATABASE_URL": servers.application_url(self.places, self.keys),
            "DATABASE_OWNER_URL": servers.owner_url(self.places, self.keys),
            "REDIS_URL": servers.valkey_url(self.places),
        }

    def _mail(self) -> dict[str, str]:
        """The mailbox takes all that is sent, and hands on what customers answer."""
        if not self.mail_port:
            return {}
        token = hashlib.sha256(f"mail that comes in {self.keys.secret_key}".encode()).hexdigest()
        inbound = {"NPS_INBOUND_DOMAIN": ANSWERS, "NPS_INBOUND_TOKEN": token}
        made = {name: value for name, value in inbound.items() if not given(name)}
        return {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(self.mail_port), **made}

    def open_mail_socket(self) -> None:
        """Opened here and passed on, so that mail waits instead of failing while the mailbox starts again."""
        if not has_mailbox():
            return
        self.mail_socket = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.mail_port = self.mail_socket.getsockname()[1]

    # ── the processes ──

    def servers(self) -> list[Child]:
        """The embedded ones, in the order of starting."""
        if self.places is None:
            return []
        return [servers.postgres(self.places, self.keys), servers.valkey(self.places)]

    def make_roles(self) -> None:
        if self.places:
            servers.make_roles(self.places, self.keys)

    def application(self) -> list[Child]:
        """In the order of starting; beat last, since it makes work for the others."""
        mailbox = [self._mailbox()] if self.mail_socket else []
        return [*mailbox, self._web(), self._worker(), self._beat()]

    def _mailbox(self) -> Child:
        assert self.mail_socket is not None
        handle = self.mail_socket.fileno()
        module = ["-m", "nps_app.local.mailbox", str(handle), str(self.data / "mailbox")]
        child = self._python("mailbox", *module, ready=lambda: _greets(self.mail_port))
        child.pass_fds = (handle,)
        return child

    def _web(self) -> Child:
        options = ["--interface", "wsgi", "--workers", "2", "--blocking-threads", "4", "--respawn-failed-workers"]
        address = ["--host", "127.0.0.1", "--port", str(port()), "--no-ws"]
        return self._python(
            "web", "-m", "granian", *options, *address, "nps_app.wsgi:application", ready=lambda: is_healthy(port())
        )

    def _worker(self) -> Child:
        options = ["--queues", QUEUES, "--concurrency", "2", "--without-gossip", "--without-mingle", "--loglevel=INFO"]
        child = self._python("worker", "-m", "celery", "-A", "nps_app", "worker", *options)
        child.stop_seconds = 30
        child.ready = lambda: child.said(" ready.")  # asked to stop before that, it may hang
        return child

    def _beat(self) -> Child:
        schedule = ["--schedule", str(self.data / "beat-schedule"), "--pidfile="]
        child = self._python("beat", "-m", "celery", "-A", "nps_app", "beat", *schedule, "--loglevel=INFO")
        child.ready = lambda: child.said("beat: Starting")
        return child

    def _python(self, name: str, *arguments: str, ready: Callable[[], bool] = lambda: True) -> Child:
        return Child(
            name=name,
            command=[sys.executable, *arguments],
            environment=self.environment(),
            ready=ready,
            log=self.data / "logs" / f"{name}.log",
            folder=ROOT,
        )

    def manage_command(self, *arguments: str) -> ManageCommand:
        """A command of manage.py against these servers."""
        return ManageCommand([sys.executable, "manage.py", *arguments], self.environment())


def is_healthy(number: int) -> bool:
    """Whether the web server there says that it is well."""
    connection = http.client.HTTPConnection("127.0.0.1", number, timeout=5)
    try:
        connection.request("GET", "/health/")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _greets(number: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", number), timeout=0.5) as connection:
            return connection.recv(3) == b"220"
    except OSError:
        return False


def refuse_used_port(number: int) -> None:
    """Granian shares a port without a word, so that two servers would answer in turns."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
        except PermissionError:
            raise LocalError(f"Port {number} needs rights that you do not have; choose one above 1023.") from None
        except OSError:
            raise LocalError(
                f"Port {number} is in use; stop the other program or choose another: make run PORT=8001"
            ) from None
