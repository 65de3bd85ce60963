"""The data folder as a whole: one user at a time, and notes of who is running from it."""

import fcntl
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from nps_app.local.process import Child, Identity
from nps_app.local.servers import write_private


@dataclass
class State:
    """Who runs from this data folder; written whenever that changes, so that a crash leaves the newest."""

    supervisor: int = 0
    address: str = ""
    mail_port: int = 0
    children: dict[str, Identity] = field(default_factory=dict)

    @classmethod
    def load(cls, data: Path) -> "State":
        try:
            raw = json.loads((data / "state.json").read_text())
        except FileNotFoundError:
            return cls()
        children = {name: Identity(**found) for name, found in raw.pop("children").items()}
        return cls(**raw, children=children)

    def save(self, data: Path) -> None:
        write_private(data / "state.json", json.dumps(asdict(self), indent=1))

    def note(self, children: Iterable[Child]) -> None:
        found = {child.name: Identity.of(child.pid) for child in children if child.is_running()}
        self.children = {name: identity for name, identity in found.items() if identity}

    def end_orphans(self) -> list[str]:
        """Stop what a killed supervisor left running; returns the names. Only for who holds the lock."""
        alive = [name for name, identity in self.children.items() if identity.is_alive()]
        for identity in reversed(self.children.values()):
            identity.end()
        return alive


class Lock:
    """Held by whoever runs the embedded servers of a data folder; the kernel frees it when they die."""

    def __init__(self, data: Path) -> None:
        self._path = data / "lock"
        self._file: IO[str] | None = None

    def take(self) -> bool:
        file = self._path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        self._file = file
        return True

    def holder(self) -> str:
        with suppress(OSError):
            return self._path.read_text().strip()
        return "?"

    def release(self) -> None:
        if self._file:
            self._file.close()
            self._file = None


def rotate_logs(folder: Path, limit: int = 10 * 1024 * 1024) -> None:
    """Keep one older piece of each log that has grown large."""
    for log in folder.glob("*.log"):
        if log.stat().st_size > limit:
            log.replace(log.with_suffix(".log.1"))
