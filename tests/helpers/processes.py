"""Real processes of the application beside the tests: Celery workers, web servers, a whole stack of its own."""

import fcntl
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nps_app.local import servers
from nps_app.local.folder import State
from nps_app.local.mailbox.store import Store
from nps_app.local.places import Places, settle
from nps_app.local.process import Child, dies_with_parent
from nps_app.local.stack import QUEUES, is_healthy
from tests.helpers.waiting import free_port, wait_until

REPOSITORY = Path(__file__).resolve().parents[2]
_numbers = itertools.count(1)


def celery_worker(environment: dict[str, str], logs: Path, *, queues: str = QUEUES, concurrency: int = 2) -> Child:
    """`wait_ready()` returns once it takes tasks; `kill9()` ends it with its pool; `log` names its output."""
    name = f"worker-{next(_numbers)}"
    options = [
        "--queues",
        queues,
        "--concurrency",
        str(concurrency),
        "--without-gossip",
        "--without-mingle",
        "--loglevel=INFO",
    ]
    worker = Child(
        name=name,
        command=[sys.executable, "-m", "celery", "-A", "nps_app", "worker", "-n", f"{name}@tests", *options],
        environment=environment | {"PYTHONUNBUFFERED": "1"},
        ready=lambda: worker.said(f"{name}@tests ready"),
        log=logs / f"{name}.log",
        folder=REPOSITORY,
    )
    return worker


def web_server(environment: dict[str, str], logs: Path, port: int) -> Child:
    """Granian as the product runs it, with one process."""
    name = f"web-{next(_numbers)}"
    options = ["--interface", "wsgi", "--workers", "1", "--blocking-threads", "4", "--no-ws", "--port", str(port)]
    return Child(
        name=name,
        command=[sys.executable, "-m", "granian", *options, "nps_app.wsgi:application"],
        environment=environment | {"PYTHONUNBUFFERED": "1"},
        ready=lambda: is_healthy(port),
        log=logs / f"{name}.log",
        folder=REPOSITORY,
    )


@dataclass(frozen=True)
class LiveApp:
    """A web server on the test database."""

    url: str
    child: Child

    def address(self, path: str) -> str:
        return self.url + path


@dataclass
class OwnStack:
    """What `make run` starts, in a folder of its own: durable servers, web, worker, beat and mailbox.

    The sample organization is left out. `kill9("worker")` kills one child with all that it started (the supervisor
    starts it again), `kill9_everything()` the supervisor and every child at once.
    """

    data: Path
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def output(self) -> Path:
        return self.data.with_name(f"{self.data.name}.out")

    def begin_with(self, made: Path) -> "OwnStack":
        """A data folder that was made before; see `made_once`."""
        self.data.mkdir(parents=True)
        subprocess.run(["cp", "-a", f"{made}/.", str(self.data)], check=True)  # with owners and modes
        return self

    def start(self) -> "OwnStack":
        """Returns when it says that it is ready."""
        self.launch()
        wait_until(self._is_ready_or_over, seconds=90, what=f"the start of {self.data}")
        assert "Ready: " in self.output.read_text(), self.output.read_text()
        return self

    def launch(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """Without waiting."""
        self.data.mkdir(parents=True, exist_ok=True)
        (self.data / "sample.txt").touch()
        self.output.write_bytes(b"")
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "nps_app.local", *(arguments or ["run"])],
                cwd=REPOSITORY,
                env=self._clean_environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=dies_with_parent(signal.SIGTERM),
            )
        return self.process

    def manage(self, *arguments: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
        """`python -m nps_app.local manage …`, its output kept."""
        self.data.mkdir(parents=True, exist_ok=True)
        return subprocess.run(
            [sys.executable, "-m", "nps_app.local", "manage", *arguments],
            cwd=REPOSITORY,
            env=self._clean_environment(),
            input=typed,
            capture_output=True,
            text=True,
            check=False,
        )

    def _clean_environment(self) -> dict[str, str]:
        """Nothing of the test session's servers."""
        ours = ("DATABASE", "REDIS", "EMAIL_", "NPS_", "SECRET_KEY", "PUBLIC_URL", "PORT")
        rest = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return rest | {"NPS_DATA_DIR": str(self.data), "PORT": str(self.port)} | self.environment

    def _is_ready_or_over(self) -> bool:
        over = self.process is not None and self.process.poll() is not None
        return over or "Ready: " in self.output.read_text()

    # ── processes ──

    @property
    def state(self) -> State:
        return State.load(self.data)

    def pids(self) -> dict[str, int]:
        return {name: identity.pid for name, identity in self.state.children.items()}

    def kill9(self, name: str) -> int:
        """Returns the number of the process that was killed."""
        pid = self.pids()[name]
        os.killpg(pid, signal.SIGKILL)
        return pid

    def wait_for_restart(self, name: str, killed: int, seconds: float = 30) -> int:
        """The number of the new process."""
        wait_until(lambda: self.pids().get(name, killed) != killed, seconds=seconds, what=f"the restart of {name}")
        return self.pids()[name]

    def kill9_everything(self) -> None:
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGKILL)
        for pid in self.pids().values():
            try:
                os.killpg(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue  # its parent's death was faster
        self.process.wait()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """The exit code."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(120)

    def remove(self) -> None:
        """Its folder, and what it left elsewhere because the servers' account could not enter that."""
        if self.data.exists() and (home := self.places.home) != self.data:
            shutil.rmtree(home)
        shutil.rmtree(self.data.parent)

    # ── what it holds ──

    @property
    def places(self) -> Places:
        return settle(self.data)

    @property
    def keys(self) -> servers.Secrets:
        return servers.Secrets.load_or_make(self.data)

    @property
    def owner_url(self) -> str:
        return servers.owner_url(self.places, self.keys)

    @property
    def mailbox(self) -> Store:
        return Store(self.data / "mailbox")

    def messages(self, query: str = "") -> list[dict[str, Any]]:
        with urllib.request.urlopen(f"{self.url}/mailbox/messages.json{query}") as answer:
            found: list[dict[str, Any]] = json.load(answer)
            return found


def made_once(folder: Path, make: Callable[[OwnStack], None]) -> Path:
    """The data folder that `make` leaves behind, for `begin_with`: of all the session's processes one makes it."""
    folder.mkdir(mode=0o711, exist_ok=True)
    stack, whole = OwnStack(folder / "var"), folder / "whole"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not whole.exists():
            make(stack)
            assert stack.places.home == stack.data, "the servers' files lie elsewhere and would not be copied"
            whole.touch()
    return stack.data


def ended(pids: Sequence[int]) -> bool:
    """Whether none of the processes is left, not counting those that nobody has waited for yet."""
    return not any(_is_running(pid) for pid in pids)


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
