"""Files that say what happened: one line of JSON for each event, written in one call before anything else is done.

The page cache keeps them whoever is killed.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Event = dict[str, Any]


class Ledger:
    """To write. Several threads and processes may have it open."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def write(self, **event: Any) -> None:
        line = json.dumps(event, separators=(",", ":")).encode() + b"\n"
        if os.write(self._handle, line) != len(line):
            raise OSError("the ledger took only a part of a line")


class Tail:
    """What has come since one looked last."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = 0

    def new(self) -> list[Event]:
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._at)
            whole, _newline, _part = file.read().rpartition(b"\n")
        if whole:
            self._at += len(whole) + 1
        return [json.loads(line) for line in whole.splitlines()]


def events(path: Path, what: str) -> Iterator[Event]:
    return (event for event in Tail(path).new() if event["what"] == what)
