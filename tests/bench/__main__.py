"""`make bench [ONLY=group]`: figures for people, each as a ratio to a floor measured in the same run.

A group is a module `bench_<group>.py` with `run()`, which yields dictionaries: name, value, unit, floor, ratio, target,
met. Each runs in a process of its own. One that imports the product at its top finds Django set up on durable, migrated
throw-away servers (connected as the owner's role, since a floor may need an index); any other starts what it needs.
"""

import importlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command

from nps_app.local import places, servers
from nps_app.local.process import Child
from nps_app.local.stack import data_folder

HERE = Path(__file__).parent
Figure = dict[str, Any]


def main(only: list[str]) -> int:
    groups = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    if unknown := set(only) - set(groups):
        print(f"There is no group {', '.join(sorted(unknown))}; there are: {', '.join(groups)}.", file=sys.stderr)
        return 2
    figures: list[Figure] = []
    failed = [group for group in only or groups if not _run_apart(group, figures)]
    path = data_folder() / "bench.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(figures, indent=1))
    print(f"{len(figures)} figures in {path}" + (f"; these groups ended early: {', '.join(failed)}" if failed else ""))
    return 1 if failed else 0


def _run_apart(group: str, figures: list[Figure]) -> bool:
    source = (HERE / f"bench_{group}.py").read_text()
    own = _own_servers if "\nfrom surveys" in source else _none
    with own() as environment, tempfile.NamedTemporaryFile("r") as found:
        command = [sys.executable, "-m", "tests.bench", "--group", group, found.name]
        ended_well = subprocess.run(command, env=os.environ | environment, check=False).returncode == 0
        figures += [json.loads(line) for line in found]
    return ended_well


def _run_here(group: str, into: str) -> int:
    if "DJANGO_SETTINGS_MODULE" in os.environ:
        django.setup()
        call_command("migrate", verbosity=0, interactive=False)
    module = importlib.import_module(f"tests.bench.bench_{group}")
    with Path(into).open("a") as file:
        for figure in module.run():
            print(as_line(figure), flush=True)
            file.write(json.dumps(figure) + "\n")
            file.flush()
    return 0


def as_line(figure: Figure) -> str:
    """name  value unit  floor  ratio  target  met?"""
    floor = "-" if figure["floor"] is None else f"{figure['floor']:.4g}"
    ratio = "-" if figure["ratio"] is None else f"{figure['ratio']:.3g}"
    value = f"{figure['value']:.4g} {figure['unit']}"
    met = "yes" if figure["met"] else "NO"
    return f"{figure['name']:<24} {value:<18} floor {floor:<8} ratio {ratio:<7} target {figure['target']:<8} {met}"


@contextmanager
def _none() -> Iterator[dict[str, str]]:
    yield {}


@contextmanager
def _own_servers() -> Iterator[dict[str, str]]:
    """As durable as those of `make run`. They keep what they have where NPS_BENCH_KEEP says, for the next run."""
    with _folder() as folder:
        found = places.settle(folder / "data")
        keys = servers.Secrets.load_or_make(found.data)
        children: list[Child] = []
        try:
            for child in (servers.postgres(found, keys), servers.valkey(found)):
                children.append(child)
                servers.start_ready(child)
            servers.make_roles(found, keys)
            yield _environment(found, keys)
        finally:
            for child in reversed(children):
                child.stop()


@contextmanager
def _folder() -> Iterator[Path]:
    if kept := os.environ.get("NPS_BENCH_KEEP"):
        Path(kept).mkdir(mode=0o711, parents=True, exist_ok=True)
        yield Path(kept)
        return
    with tempfile.TemporaryDirectory(prefix="nps-bench-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


def _environment(found: places.Places, keys: servers.Secrets) -> dict[str, str]:
    owner = servers.owner_url(found, keys)
    return {
        "DJANGO_SETTINGS_MODULE": "nps_app.settings",
        "DATABASE_URL": owner,
        "DATABASE_OWNER_URL": owner,
        "REDIS_URL": servers.valkey_url(found),
        "SECRET_KEY": keys.secret_key,
        "NPS_LINK_KEYS": keys.link_keys,
        "NPS_DATA_DIR": str(found.data),
        "NPS_LOCAL": "1",
    }


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--group", group, into]:
            sys.exit(_run_here(group, into))
        case only:
            sys.exit(main(only))
