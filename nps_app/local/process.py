"""One child process: started in a session of its own, ended with everything it started, never left behind.

A child gets a signal when its parent dies, however it dies (Linux); what survives even so is found at the next
start by the identities noted in the data folder, see `Identity`.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from nps_app.local.places import Account, LocalError

PR_SET_PDEATHSIG = 1
PROC = Path("/proc")
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def dies_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """For subprocess' preexec_fn, which runs after the change of user (that would clear the setting)."""
    libc = _libc
    return (lambda: libc.prctl(PR_SET_PDEATHSIG, int(number))) if libc else None


@dataclass
class Child:
    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    ready: Callable[[], bool]
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10
    account: Account | None = None
    log: Path | None = None  # None: the terminal
    folder: Path = Path("/")
    pass_fds: Sequence[int] = ()
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _log_before: int = field(default=0, init=False)

    @property
    def pid(self) -> int:
        if self.process is None:
            raise LookupError(f"{self.name} was not started")
        return self.process.pid

    def start(self) -> None:
        output = self._open_log()
        try:
            self.process = subprocess.Popen(
                self.command,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
                cwd=self.folder,
                start_new_session=True,  # Ctrl-C reaches the supervisor alone, which then stops all in order
                preexec_fn=dies_with_parent(self.stop_signal),
                pass_fds=self.pass_fds,
                **(self.account.arguments() if self.account else {}),
            )
        finally:
            if output:
                output.close()

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def wait_ready(self, seconds: float = 30, check: Callable[[], None] = lambda: None) -> None:
        """Raises LocalError with the end of the child's log when it ends or is not ready in time.

        `check` is called while waiting and may raise to give up.
        """
        deadline = time.monotonic() + seconds
        while not self.ready():
            check()
            if not self.is_running():
                code = self.process.returncode if self.process else None
                raise LocalError(f"{self.name} ended at once (exit {code}). {self.last_words()}")
            if time.monotonic() > deadline:
                raise LocalError(f"{self.name} was not ready after {seconds:.0f} seconds. {self.last_words()}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Ask, wait, then kill; also kills what the child itself left running."""
        if self.process is None:
            return
        self._ask_to_stop()
        self.sweep()

    def _ask_to_stop(self) -> None:
        assert self.process is not None
        if not self.is_running():
            return
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(self.stop_seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def kill9(self) -> None:
        """As if the machine's out-of-memory killer had chosen it, with all that it started."""
        if self.process is not None:
            self._signal_group(signal.SIGKILL)
            self.process.wait()

    def sweep(self) -> None:
        """Kill descendants that outlived the child."""
        self._signal_group(signal.SIGKILL)

    def _signal_group(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):  # nobody is left in the group (macOS says so by EPERM)
            os.killpg(self.pid, number)

    def last_words(self) -> str:
        if self.log is None or not self.log.exists():
            return ""
        lines = [line for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        telling = [line for line in lines[-50:] if "Error" in line or "FATAL" in line][-1:] or lines[-3:]
        return f"Its log {self.log} says: {' / '.join(telling)}"

    def said(self, text: str) -> bool:
        """Whether its log has the text since it was started."""
        if self.log is None or not self.log.exists():
            return False
        with self.log.open("rb") as log:
            log.seek(self._log_before)
            return text.encode() in log.read()

    def _open_log(self) -> IO[bytes] | None:
        if self.log is None:
            return None
        self._log_before = self.log.stat().st_size if self.log.exists() else 0
        return self.log.open("ab")


@dataclass(frozen=True)
class Identity:
    """A process that can be told from another that got the same number later."""

    pid: int
    started: int  # ticks since boot
    boot: str

    @classmethod
    def of(cls, pid: int) -> "Identity | None":
        fields = _stat(pid)
        return cls(pid, int(fields[19]), _boot()) if fields else None

    def is_alive(self) -> bool:
        return Identity.of(self.pid) == self

    def end(self, seconds: float = 10) -> None:
        """Stop an orphan and its session; returns when they are gone."""
        members = list(self._session())
        for member in members:
            _kill(member.pid, signal.SIGINT if member.pid == self.pid else signal.SIGTERM)
        deadline = time.monotonic() + seconds
        while any(member.is_alive() for member in members):
            if time.monotonic() > deadline:
                for member in members:
                    _kill(member.pid, signal.SIGKILL)
            time.sleep(0.02)

    def _session(self) -> "Iterator[Identity]":
        """The process itself and those of its session, which it led; nothing when the machine was started anew."""
        if self.boot != _boot():
            return
        leader = Identity.of(self.pid)
        if leader not in (None, self):
            return  # the number was given to a stranger
        for entry in PROC.glob("[0-9]*"):
            fields = _stat(int(entry.name))
            if fields and int(fields[3]) == self.pid and int(fields[19]) >= self.started and fields[0] != "Z":
                yield Identity(int(entry.name), int(fields[19]), self.boot)


def is_running(pid: int, program: str) -> bool:
    """Whether the process is that program and alive; without /proc whether there is such a process at all."""
    if PROC.is_dir():
        return _stat(pid) is not None and (PROC / str(pid) / "comm").read_text().strip() == program
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def _kill(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/<pid>/stat behind the name; None when there is no such process (or no /proc, or a zombie)."""
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else fields


def _boot() -> str:
    try:
        return (PROC / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
