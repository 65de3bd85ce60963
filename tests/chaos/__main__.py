"""`make chaos`: a campaign goes out while all that sends it is killed, again and again; then it is reckoned.

Ends with one line of JSON, and with status 0 when nothing was lost and nothing doubled that was not named before.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

import django
from django.db import DatabaseError, InterfaceError

from tests.chaos import clicks, faults, hosts, killer
from tests.chaos.cluster import Cluster, remove, running
from tests.chaos.hosts import Host
from tests.chaos.killer import Killer, Planned
from tests.chaos.ledger import Tail
from tests.chaos.options import Options
from tests.chaos.reckoning import Click, Copy, Evidence, Kill, Reckoning, reckon

SAY_SECONDS: Final = 5.0
SETTLE_SECONDS: Final = 120.0  # the most that answers may take to settle after the last mail
_started: Final = time.monotonic()


def say(text: str) -> None:
    print(f"{time.monotonic() - _started:7.1f} s  {text}", flush=True)


class Run:
    def __init__(self, cluster: Cluster, options: Options) -> None:
        from tests.chaos import world  # noqa: PLC0415 (its models need the settings of this cluster)

        self._world = world
        self._cluster = cluster
        self._options = options
        self._tail = Tail(cluster.mails)
        self._reached: set[str] = set()
        self._kills: list[Kill] = []
        self._deadline = time.monotonic() + options.minutes * 60
        self._said = 0.0

    def go(self) -> Reckoning:
        self._world.keep_history(os.environ["DATABASE_OWNER_URL"])
        clicker = self._cluster.clicker()
        self._cluster.children["clicks"] = clicker
        clicker.start()
        self._campaign = self._world.launch(self._options.people)
        say(f"{self._options.people} people, {self._options.kills} kills, seed {self._options.seed}")
        self._kill_all()
        self._wait(lambda: self._world.is_over(self._campaign), "the end of the campaign")
        clicks.over(self._cluster.clicks).touch()
        self._wait(lambda: not clicker.is_running(), "the last click")
        self._wait(self._world.is_quiet, "the last answer to settle")
        return reckon(self._evidence())

    # ── kills ──
    def _kill_all(self) -> None:
        does = Killer(self._cluster, self._options.seed)
        for planned in killer.plan(self._options):
            if not self._comes(planned):
                return
            self._kills.append(does.kill(planned))
            say(f"kill {len(self._kills)}: {planned.what}, after {len(self._reached)} people")

    def _comes(self, planned: Planned) -> bool:
        while self._look() < planned.after:
            if self._is_late():
                return False
            time.sleep(0.05)
        return True

    def _look(self) -> int:
        """How many people have their mail."""
        self._reached.update(event["to"] for event in self._tail.new() if event["what"] == "kept")
        if time.monotonic() - self._said > SAY_SECONDS:
            self._said = time.monotonic()
            say(f"{len(self._reached)} people have their mail")
        return len(self._reached)

    def _is_late(self) -> bool:
        return time.monotonic() > self._deadline

    def _wait(self, condition: Callable[[], object], what: str) -> None:
        """Until the deadline of the whole run: what is missing then is seen by the reckoning."""
        while not self._holds(condition):
            if self._is_late():
                say(f"waited in vain for {what}")
                return
            self._look()
            time.sleep(0.2)

    def _holds(self, condition: Callable[[], object]) -> bool:
        try:
            return bool(condition())
        except (DatabaseError, InterfaceError):
            self._world.connection.close()  # killed a moment ago
            return False

    # ── what there is to reckon ──
    def _evidence(self) -> Evidence:
        mails = Tail(self._cluster.mails).new()
        return Evidence(
            people=[faults.address(number) for number in range(self._options.people)],
            copies=[Copy(mail["to"], mail["id"], mail["at"]) for mail in mails if mail["what"] == "kept"],
            refused=frozenset(mail["to"] for mail in mails if mail["what"] == "refused" and mail["code"] >= 500),
            stored=self._world.stored(self._options.people),
            clicks=list(_clicks(Tail(self._cluster.clicks).new())),
            kills=self._kills,
            other_complaints=list(self._world.complaints(self._campaign)),
        )


def _clicks(events: Iterable[dict[str, Any]]) -> Iterable[Click]:
    for event in events:
        yield Click(event["to"], event["what"], event["score"], event["began"], event["at"])


def main() -> int:
    options = Options.from_environment()
    if options.hosts > 1 and not hosts.is_own_namespace():
        return _in_own_namespace()
    others = _hosts(options) if options.hosts > 1 else []
    with running(options, others, say) as cluster:
        os.environ.update(cluster.environment())
        django.setup()
        say("everything runs")
        started = time.monotonic()
        found = Run(cluster, options).go()
        seconds = time.monotonic() - started
    for line in found.names():
        say(line)
    if found.is_good:
        remove(cluster)
    else:
        say(f"ledgers and logs are in {cluster.root}")
    rate = round(found.sent / seconds)
    print(json.dumps(found.figures() | {"seconds": round(seconds), "rate": rate, "seed": options.seed}))
    return 0 if found.is_good else 1


def _hosts(options: Options) -> list[Host]:
    hosts.begin()
    return [Host(number) for number in range(1, options.hosts + 1)]


def _in_own_namespace() -> int:
    try:
        words = hosts.own_namespace()
    except hosts.NoNamespaces as error:
        print(f"Several hosts need network namespaces, and this machine makes none: {error}", file=sys.stderr)
        return 3
    command = [*words, sys.executable, "-m", "tests.chaos"]
    return subprocess.run(command, env=os.environ | {hosts.MARK: "1"}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
