"""Kills, by the seed: who, when (after so many people have their mail), and how long until it is started again."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import redis

from tests.chaos.cluster import EVERYTHING, WORKERS, Cluster
from tests.chaos.options import HUNG_SECONDS, Options
from tests.chaos.reckoning import Kill

LONGEST_REST: Final = 1.5  # seconds until what was killed is started again
# Each once, if there are so many kills; the others are chosen among them.
KINDS: Final = (
    "postgres",
    "valkey flushed",
    "worker",
    "web",
    "worker's child",
    "backend",
    "valkey",
    "beat",
    "everything",
    "worker and postgres",
    "worker hung",
    "worker's parent",
    "worker asked to stop",
    "web's child",
    "mail server",
    "workers and valkey",
)


CUT_OFF: Final = "host cut off"


@dataclass(frozen=True)
class Planned:
    what: str
    after: int  # people
    rest: float


def plan(options: Options) -> list[Planned]:
    order = random.Random(options.seed)
    known = [CUT_OFF, *KINDS] if options.hosts > 1 else KINDS
    kinds = [*known[: options.kills], *order.choices(known, k=max(0, options.kills - len(known)))]
    order.shuffle(kinds)
    moments = sorted(order.uniform(0.02, 0.95) for _ in kinds)
    return [
        Planned(what, int(moment * options.people), order.uniform(0.0, LONGEST_REST))
        for what, moment in zip(kinds, moments, strict=True)
    ]


class Killer:
    def __init__(self, cluster: Cluster, seed: int) -> None:
        self._cluster = cluster
        self._order = random.Random(seed)
        self._acts: dict[str, Callable[[float], None]] = {
            "postgres": lambda rest: self._replace(["postgres"], rest),
            "valkey": lambda rest: self._replace(["valkey"], rest),
            "valkey flushed": lambda _rest: self._flush(),
            "worker": lambda rest: self._replace([self._a_worker()], rest),
            "workers and valkey": lambda rest: self._replace(["valkey", *WORKERS], rest),
            "worker and postgres": lambda rest: self._replace(["postgres", self._a_worker()], rest),
            "everything": lambda rest: self._replace(EVERYTHING, rest),
            "web": lambda rest: self._replace(["web"], rest),
            "beat": lambda rest: self._replace(["beat"], rest),
            "mail server": lambda rest: self._replace(["sink"], rest),
            "worker hung": lambda _rest: self._hang(self._a_worker()),
            "worker asked to stop": lambda rest: self._stop(self._a_worker(), rest),
            "worker's parent": lambda rest: self._kill_parent(self._a_worker(), rest),
            "worker's child": lambda _rest: self._kill_child(self._a_worker()),
            "web's child": lambda _rest: self._kill_child("web"),
            "backend": lambda _rest: self._kill_backend(),
            CUT_OFF: lambda _rest: self._cut_off(),
        }

    def kill(self, planned: Planned) -> Kill:
        """Returns when what was killed runs again."""
        kill = Kill(planned.what, time.time())
        self._acts[planned.what](planned.rest)
        return kill

    def _a_worker(self) -> str:
        return self._order.choice(WORKERS)

    def _replace(self, names: Sequence[str], rest: float) -> None:
        for name in names:
            self._cluster.children[name].kill9()
        time.sleep(rest)
        for name in names:
            self._cluster.start_again(name)

    def _flush(self) -> None:
        with redis.Redis(unix_socket_path=str(self._cluster.places.valkey_socket)) as client:
            client.flushall()

    def _hang(self, name: str) -> None:
        """All of it stands still for longer than its leases hold, and then goes on as if nothing had been."""
        group = self._cluster.children[name].pid
        os.killpg(group, signal.SIGSTOP)
        time.sleep(HUNG_SECONDS)
        os.killpg(group, signal.SIGCONT)

    def _cut_off(self) -> None:
        """Nothing reaches the second host, nor comes from there, for longer than its leases hold."""
        host = self._cluster.hosts[-1]
        host.pull_cable()
        time.sleep(HUNG_SECONDS)
        host.plug_cable()

    def _stop(self, name: str, rest: float) -> None:
        child = self._cluster.children[name]
        child.stop_seconds = 30
        child.stop()
        time.sleep(rest)
        self._cluster.start_again(name)

    def _kill_parent(self, name: str, rest: float) -> None:
        """Its children are left to themselves, in the middle of their work."""
        child = self._cluster.children[name]
        os.kill(child.pid, signal.SIGKILL)
        assert child.process is not None
        child.process.wait()
        time.sleep(rest)
        self._cluster.start_again(name)

    def _kill_child(self, name: str) -> None:
        self._kill_one(_children(self._cluster.children[name].pid))

    def _kill_backend(self) -> None:
        """PostgreSQL then ends all sessions and recovers as from a crash."""
        found = _children(self._cluster.children["postgres"].pid)
        self._kill_one([pid for pid in found if b"nps_app" in _words(pid)])

    def _kill_one(self, pids: Sequence[int]) -> None:
        if pids:
            with suppress(ProcessLookupError):
                os.kill(self._order.choice(pids), signal.SIGKILL)


def _children(pid: int) -> list[int]:
    return sorted(_find_children(pid))


def _find_children(parent: int) -> Iterator[int]:
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError):
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(fields[1]) == parent and fields[0] != "Z":
                yield int(entry.name)


def _words(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""
