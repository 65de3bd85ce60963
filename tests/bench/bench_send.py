"""What sending costs: `python -m tests.bench.bench_send` starts its own durable servers and a mail server that keeps nothing.

send.smtp        invitations a second by one process: claim, SMTP, finalise, durable; its floor is a bare smtplib loop
                 with one constant message of the same size on one connection
send.vs_django   the same against EmailMultiAlternatives with Django templates for each recipient, on one connection
send.vs_post_office  the same against django-post_office, mails of the same words, rendered before (post_office_peer.py)
send.celery      the same by a Celery worker with two processes; floor as for send.smtp
claim.finalise   messages claimed and finalised a second, without the network; its floor is batches of a hundred in
                 plain SQL (FLOOR_SQL)
"""

import json
import os
import smtplib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import django

from nps_app.local import places, servers
from nps_app.local.process import Child
from tests.helpers.processes import REPOSITORY, celery_worker
from tests.helpers.waiting import wait_until

ROUNDS: Final = 3
PEOPLE: Final = int(os.environ.get("BENCH_PEOPLE", "4000"))
FEW: Final = 400  # for what is slow
TARGETS: Final = {
    "send.smtp": 0.5,
    "send.vs_django": 6,
    "send.vs_post_office": 5,
    "send.celery": 0.8,
    "claim.finalise": 0.3,
}
UNITS: Final = {"claim.finalise": "rows/s"}

Figure = dict[str, Any]
Rates = dict[str, list[float]]


def run() -> Iterator[Figure]:
    """In a process of its own: it sets Django up for the servers that it starts."""
    with _own_servers() as folder:
        from tests.bench.send_world import World  # noqa: PLC0415 (its models need the settings)

        world = World(PEOPLE)
        print(world.floor_sql)
        floors: Rates = {name: [] for name in ("smtplib", "django", "post_office", "sql")}
        rates: Rates = {name: [] for name in ("send.smtp", "send.celery", "claim.finalise")}
        with _worker(folder) as start_worker:
            for _ in range(ROUNDS):
                floors["smtplib"].append(_rate(PEOPLE, lambda: smtplib_loop(world.constant_message, PEOPLE)))
                rates["send.smtp"].append(_rate(PEOPLE, world.send_all, before=world.plan))
                floors["django"].append(_rate(FEW, lambda: world.send_by_django(FEW)))
                floors["post_office"].append(by_post_office(world.constant_message, FEW))
                floors["sql"].append(_rate(PEOPLE, world.claim_in_plain_sql, before=world.plan))
                rates["claim.finalise"].append(_rate(PEOPLE, world.claim_and_finalise, before=world.plan))
            start_worker()
            for _ in range(ROUNDS):
                floors["smtplib"].append(_rate(PEOPLE, lambda: smtplib_loop(world.constant_message, PEOPLE)))
                rates["send.celery"].append(_rate(PEOPLE, world.send_all_by_workers, before=world.plan))
        floor = {name: statistics.median(values) for name, values in floors.items()}
        rate = {name: statistics.median(values) for name, values in rates.items()}
        yield figure("send.smtp", rate["send.smtp"], floor["smtplib"])
        yield figure("send.vs_django", rate["send.smtp"], floor["django"])
        yield figure("send.vs_post_office", rate["send.smtp"], floor["post_office"])
        yield figure("send.celery", rate["send.celery"], floor["smtplib"])
        yield figure("claim.finalise", rate["claim.finalise"], floor["sql"])


def figure(name: str, value: float, floor: float) -> Figure:
    ratio = value / floor
    target = TARGETS[name]
    unit = UNITS.get(name, "emails/s")
    return {
        "name": name,
        "value": round(value),
        "unit": unit,
        "floor": round(floor),
        "ratio": round(ratio, 2),
        "target": f">= {target}",
        "met": ratio >= target,
    }


def smtplib_loop(message: bytes, count: int) -> None:
    with smtplib.SMTP(os.environ["EMAIL_HOST"], int(os.environ["EMAIL_PORT"])) as server:
        for number in range(count):
            server.sendmail("nps@acme.example", [f"bench{number}@example.com"], message)


def by_post_office(message: bytes, count: int) -> float:
    """Mails a second. In a process of its own, for it is another Django project."""
    command = [sys.executable, "-m", "tests.bench.post_office_peer", str(count)]
    done = subprocess.run(command, cwd=REPOSITORY, input=message, capture_output=True, check=True)
    return float(done.stdout)


def _rate(count: int, act: Callable[[], object], before: Callable[[], object] = lambda: None) -> float:
    before()
    started = time.perf_counter()
    act()
    return count / (time.perf_counter() - started)


# ── Servers ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@contextmanager
def _own_servers() -> Iterator[Path]:
    root = Path(tempfile.mkdtemp(prefix="nps-bench-"))
    root.chmod(0o711)
    found = places.settle(root / "data")
    keys = servers.Secrets.load_or_make(found.data)
    children = [servers.postgres(found, keys), servers.valkey(found)]
    sink = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.sink"], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    try:
        for child in children:
            child.start()
            child.wait_ready()
        servers.make_roles(found, keys)
        assert sink.stdout is not None
        _set_up(found, keys, port=sink.stdout.readline().strip())
        yield root
    finally:
        sink.kill()
        for child in reversed(children):
            child.stop()


def _set_up(found: places.Places, keys: servers.Secrets, *, port: str) -> None:
    os.environ.update(
        DJANGO_SETTINGS_MODULE="nps_app.settings",
        DATABASE_URL=servers.application_url(found, keys),
        DATABASE_OWNER_URL=servers.owner_url(found, keys),
        REDIS_URL=servers.valkey_url(found),
        SECRET_KEY=keys.secret_key,
        NPS_LINK_KEYS=keys.link_keys,
        NPS_DATA_DIR=str(found.data),
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=port,
    )
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity=0"], cwd=REPOSITORY, check=True)
    django.setup()


@contextmanager
def _worker(folder: Path) -> Iterator[Callable[[], None]]:
    worker: Child = celery_worker(dict(os.environ), folder, concurrency=2)

    def start() -> None:
        worker.start()
        wait_until(worker.ready, seconds=60, what="the start of the worker")

    yield start
    worker.kill9()


if __name__ == "__main__":
    for one in run():
        print(json.dumps(one))
