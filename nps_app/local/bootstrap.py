"""Make the virtual environment with what is pinned, then go on inside it. Standard library only.

    python3 nps_app/local/bootstrap.py run|manage …      for people (`make run`)
    python3 nps_app/local/bootstrap.py install dev       for `make test`

A Python that is too old must be able to read this file, since it is the one to say so: hence the quoted types.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
NOTE = os.path.join(VENV, "installed.json")
BASE, LOCAL, DEV = "requirements.txt", "requirements-local.txt", "requirements-dev.txt"


class CannotStart(Exception):
    """Its text is the one sentence that the person reads."""


def main(arguments: "list[str]") -> int:
    try:
        refuse_old_python()
        install(needed_for(arguments))
    except CannotStart as reason:
        print(f"Cannot start: {reason}", file=sys.stderr)
        return 1
    if arguments[:1] != ["install"]:
        os.chdir(ROOT)
        os.execv(PYTHON, [PYTHON, "-m", "nps_app.local", *arguments])
    return 0


def refuse_old_python() -> None:
    if sys.version_info < OLDEST:
        found = ".".join(str(part) for part in sys.version_info[:3])
        wanted = ".".join(str(part) for part in OLDEST)
        raise CannotStart(
            f"this is Python {found} and Python {wanted} or newer is needed; "
            "name a newer one, such as: make run PYTHON=python3.12"
        )


def needed_for(arguments: "list[str]") -> "list[str]":
    if arguments[:2] == ["install", "dev"]:
        return [BASE, LOCAL, DEV]
    return [BASE] if os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_URL_FILE") else [BASE, LOCAL]


def install(needed: "list[str]") -> None:
    """Nothing happens when what is needed is there already, in the versions that the files name."""
    if not _works(PYTHON):
        _make_venv()
    installed = _installed()
    if all(installed.get(name) == _fingerprint(name) for name in needed):
        return
    names = sorted(set(needed) | set(installed))
    print(f"Installing the pinned packages of {', '.join(names)} into .venv …", flush=True)
    _pip(names)
    with open(NOTE + ".unfinished", "w", encoding="utf-8") as file:
        json.dump({name: _fingerprint(name) for name in names}, file)
    os.replace(NOTE + ".unfinished", NOTE)


def _make_venv() -> None:
    try:
        import ensurepip  # noqa: F401, PLC0415  (Debian splits these two off)
        import venv  # noqa: PLC0415
    except ImportError:
        version = ".".join(str(part) for part in sys.version_info[:2])
        raise CannotStart(
            f"Python {version} has no venv module; install it with: apt-get install python{version}-venv"
        ) from None
    shutil.rmtree(VENV, ignore_errors=True)
    print("Making the virtual environment .venv …", flush=True)
    try:
        venv.create(VENV, with_pip=True, symlinks=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise CannotStart(f"the virtual environment {VENV} cannot be made: {error}") from error


def _works(python: str) -> bool:
    """An interpreter that was upgraded or removed leaves a virtual environment that does not start."""
    try:
        test = f"import sys; sys.exit(sys.version_info < {OLDEST})"
        return subprocess.run([python, "-c", test], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _installed() -> "dict[str, str]":
    try:
        with open(NOTE, encoding="utf-8") as file:
            found: dict[str, str] = json.load(file)
            return found
    except (OSError, ValueError):
        return {}


def _fingerprint(name: str) -> str:
    with open(os.path.join(ROOT, name), "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def _pip(names: "list[str]") -> None:
    files = [part for name in names for part in ("-r", os.path.join(ROOT, name))]
    command = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"]
    done = subprocess.run([*command, *files], stdout=sys.stderr, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if "ERROR" in line] or done.stderr.splitlines()[-1:]
        raise CannotStart(f"pip could not install the pinned packages: {' '.join(said[-2:])}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
