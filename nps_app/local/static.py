"""Whether the collected static files are those of this checkout and of the installed packages."""

import hashlib
import importlib.metadata
from pathlib import Path

from nps_app.local.stack import ROOT


def is_collected(data: Path) -> bool:
    note = data / "static.sha256"
    return note.exists() and note.read_text() == _fingerprint()


def note_collected(data: Path) -> None:
    (data / "static.sha256").write_text(_fingerprint())


def _fingerprint() -> str:
    found = hashlib.sha256()
    for path in sorted((ROOT / "static").rglob("*")):
        if path.is_file():
            found.update(f"{path} {path.stat().st_mtime_ns} {path.stat().st_size}\n".encode())
    for package in sorted(f"{each.name} {each.version}" for each in importlib.metadata.distributions()):
        found.update(package.encode())
    return found.hexdigest()
