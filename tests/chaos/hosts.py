"""Hosts of one machine: network namespaces, joined to ours by a pair of interfaces each, whose cable can be pulled.

Ours must be a namespace of its own, too: `own_namespace()` says how a program gets into one. Linux, with `unshare`,
`nsenter` and `ip`; an ordinary user can do it where user namespaces are allowed.
"""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

MARK: Final = "CHAOS_IN_NAMESPACE"


class NoNamespaces(Exception):
    """This machine does not let us make any; the text says what was tried and what was answered."""


def own_namespace() -> list[str]:
    """The words before a command that give it a network of its own. Raises NoNamespaces."""
    is_root = os.getuid() == 0
    words = ["unshare", "--net"] if is_root else ["unshare", "--user", "--map-current-user", "--keep-caps", "--net"]
    trial = [*words, "sh", "-c", "ip link set lo up && ip link add chaos0 type veth peer name chaos1"]
    try:
        done = subprocess.run(trial, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise NoNamespaces(f"{error.filename} is not installed") from error
    if done.returncode:
        raise NoNamespaces(f"`{' '.join(trial)}` said: {done.stderr.strip()}")
    return words


def is_own_namespace() -> bool:
    return MARK in os.environ


def begin() -> None:
    """In a namespace that was just made."""
    _run("ip", "link", "set", "lo", "up")


@dataclass
class Host:
    """Another host of the run. `servers` is the address at which it reaches ours."""

    number: int
    _holder: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    @property
    def name(self) -> str:
        return f"host{self.number}"

    @property
    def servers(self) -> str:
        return f"10.77.{self.number}.1"

    @property
    def _cable(self) -> str:
        return f"chaos{self.number}"

    def start(self) -> None:
        self._holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"], stdin=subprocess.DEVNULL)
        # `unshare` is in its namespace when it has become `sleep`.
        while _program(self._holder.pid) != "sleep":
            if self._holder.poll() is not None:
                raise NoNamespaces("unshare --net ended at once")
        far = f"{self._cable}far"
        _run("ip", "link", "add", self._cable, "type", "veth", "peer", "name", far)
        _run("ip", "link", "set", far, "netns", str(self._holder.pid))
        _run("ip", "address", "add", f"{self.servers}/24", "dev", self._cable)
        _run("ip", "link", "set", self._cable, "up")
        _run(*self.inside("ip", "link", "set", "lo", "up"))
        _run(*self.inside("ip", "address", "add", f"10.77.{self.number}.2/24", "dev", far))
        _run(*self.inside("ip", "link", "set", far, "up"))

    def inside(self, *command: str) -> list[str]:
        assert self._holder is not None
        return ["nsenter", f"--net=/proc/{self._holder.pid}/ns/net", *command]

    def pull_cable(self) -> None:
        """From here on nothing arrives on either side, and neither is told."""
        _run("ip", "link", "set", self._cable, "down")

    def plug_cable(self) -> None:
        _run("ip", "link", "set", self._cable, "up")

    def stop(self) -> None:
        if self._holder is not None:
            self._holder.kill()
            self._holder.wait()


def _program(pid: int) -> str:
    with open(f"/proc/{pid}/comm") as file:
        return file.read().strip()


def _run(*command: str) -> None:
    _check(command, subprocess.run(command, capture_output=True, text=True, check=False))


def _check(command: Sequence[str], done: "subprocess.CompletedProcess[str]") -> None:
    if done.returncode:
        raise NoNamespaces(f"`{' '.join(command)}` said: {done.stderr.strip()}")
