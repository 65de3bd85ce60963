"""What recording a click costs: `python -m tests.bench.bench_click` starts what `make run` starts, and clicks.

click.record   clicks a second through the web server with the page rendered, 16 clients; its floor is pgbench with 16
               clients running the very statement that the product runs (surveys/responses/survey.py, printed first)
click.cpu      processor time of the web server per click
"""

import http.client
import json
import os
import random
import re
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import django

from nps_app.local import servers
from tests.helpers.processes import OwnStack

CLIENTS: Final = 16
ROUNDS: Final = 3
SECONDS: Final = float(os.environ.get("BENCH_SECONDS", "6"))
INVITATIONS: Final = 20_000
RECORD_TARGET: Final = 0.2
CPU_TARGET_MS: Final = 2.0

Figure = dict[str, Any]


def figures(stack: OwnStack) -> Iterator[Figure]:
    """Floor and product in alternation; medians."""
    links, script = prepare(stack)
    floors, rates, costs = [], [], []
    clicks_per_second(stack, links, seconds=2)  # everything is loaded and connected
    for _ in range(ROUNDS):
        floors.append(pgbench(stack, script))
        before = web_cpu_seconds(stack)
        rate = clicks_per_second(stack, links, seconds=SECONDS)
        costs.append((web_cpu_seconds(stack) - before) / (rate * SECONDS) * 1000)
        rates.append(rate)
    rate, floor, cost = (statistics.median(values) for values in (rates, floors, costs))
    ratio = rate / floor
    yield figure("click.record", rate, "clicks/s", floor, ratio, f">= {RECORD_TARGET}", ratio >= RECORD_TARGET)
    yield figure("click.cpu", cost, "ms", None, None, f"<= {CPU_TARGET_MS} ms", cost <= CPU_TARGET_MS)


def figure(
    name: str, value: float, unit: str, floor: float | None, ratio: float | None, target: str, met: bool
) -> Figure:
    return {"name": name, "value": value, "unit": unit, "floor": floor, "ratio": ratio, "target": target, "met": met}


def prepare(stack: OwnStack) -> tuple[list[str], Path]:
    """A campaign whose mails lie in twenty thousand mailboxes; their links, and the script of the floor."""
    os.environ.update(
        DJANGO_SETTINGS_MODULE="nps_app.settings",
        DATABASE_URL=servers.application_url(stack.places, stack.keys),
        REDIS_URL=servers.valkey_url(stack.places),
        SECRET_KEY=stack.keys.secret_key,
        NPS_LINK_KEYS=stack.keys.link_keys,
        NPS_DATA_DIR=str(stack.data),
    )
    django.setup()
    from tests.bench import click_world  # noqa: PLC0415 (its models need the settings above)

    first, links = click_world.links(INVITATIONS)
    script = stack.data / "click.sql"
    script.write_text(click_world.floor_script(first, INVITATIONS))
    print(script.read_text())
    return links, script


def pgbench(stack: OwnStack, script: Path) -> float:
    """Transactions a second."""
    url = servers.application_url(stack.places, stack.keys)
    options = ["-n", "-c", str(CLIENTS), "-j", "2", "-T", str(int(SECONDS)), "-f", str(script)]
    done = subprocess.run(["pgbench", *options, url], capture_output=True, text=True, check=True)
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    assert found, done.stdout
    return float(found[1])


def clicks_per_second(stack: OwnStack, links: list[str], *, seconds: float) -> float:
    until = time.monotonic() + seconds
    with ThreadPoolExecutor(CLIENTS) as pool:
        return sum(pool.map(lambda _: click_until(stack.port, links, until), range(CLIENTS))) / seconds


def click_until(port: int, links: list[str], until: float) -> int:
    """One client on one connection; every answer must be the page."""
    connection, done = http.client.HTTPConnection("127.0.0.1", port), 0
    while time.monotonic() < until:
        connection.request("GET", f"{random.choice(links)}{random.randrange(11)}/")
        answer = connection.getresponse()
        page = answer.read()
        assert answer.status == 200, page
        done += 1
    connection.close()
    return done


def web_cpu_seconds(stack: OwnStack) -> float:
    """Of the web server and the processes that it started."""
    web = stack.pids()["web"]
    ticks = os.sysconf("SC_CLK_TCK")
    return sum(_ticks(stat) for stat in _stats() if web in (int(stat[0]), int(stat[4]))) / ticks


def _stats() -> Iterator[list[str]]:
    """pid, program, state, parent, process group, … of every process."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            head, _, tail = path.read_text().rpartition(") ")
        except OSError:
            continue  # it has ended meanwhile
        yield [head.split(" ", 1)[0], "", *tail.split()]


def _ticks(stat: list[str]) -> int:
    return int(stat[13]) + int(stat[14])


def run() -> Iterator[Figure]:
    """In a process of its own: it sets Django up for the servers that it starts."""
    folder = Path(tempfile.mkdtemp(prefix="nps-bench-"))
    folder.chmod(0o711)
    stack = OwnStack(folder / "var")
    try:
        stack.start()
        yield from figures(stack)
    finally:
        stack.stop()
        stack.remove()


if __name__ == "__main__":
    for one in run():
        print(json.dumps(one))
