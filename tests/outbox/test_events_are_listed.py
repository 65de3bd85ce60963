"""Whoever is to be told of events finds all of them in the documentation, with what they carry."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from surveys.inbox.actions import changing

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("integrations", "alerts", "inbox", "automation")
LISTED = re.compile(r"^\| `([a-z_]+\.[a-z_]+)` \|(.*)$", re.MULTILINE)
NAME = re.compile(r"^[a-z]+\.[a-z_]+$")


@dataclass(frozen=True)
class Published:
    kind: str
    payload: frozenset[str]  # those that are written at the call


def listed() -> dict[str, str]:
    page = (ROOT / "docs" / "closing-the-loop.md").read_text(encoding="utf-8")
    return dict(LISTED.findall(page.partition("\n## Events\n")[2]))


def published() -> Iterator[Published]:
    for package in PACKAGES:
        for path in sorted((ROOT / "surveys" / package).rglob("*.py")):
            yield from _published_by(ast.parse(path.read_text(encoding="utf-8")))


def _published_by(module: ast.Module) -> Iterator[Published]:
    for function in (node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)):
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            if ast.unparse(call.func) in ("outbox.publish", "publish"):
                payload = frozenset(each.arg for each in call.keywords if each.arg not in (None, "at"))
                kinds = set(_kinds(call.args[0], function))
                assert kinds, (
                    f"{function.name} publishes {ast.unparse(call.args[0])}, which this test does not understand"
                )
                yield from (Published(kind, payload) for kind in kinds)


def _kinds(said: ast.expr, function: ast.FunctionDef) -> Iterator[str]:
    """Of a name, or of a constant: every name of an event that the function could mean by it."""
    if isinstance(said, ast.JoinedStr):
        assert ast.unparse(said) == "f'conversation.{kind}'"
        yield from (f"conversation.{kind}" for kind in changing.EVENTS)
        return
    looked_at = said if isinstance(said, ast.Constant) else function
    for node in ast.walk(looked_at):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and NAME.match(node.value):
            yield node.value


def test_every_event_of_closing_the_loop_is_listed_with_what_it_carries() -> None:
    known, told = listed(), list(published())
    assert {each.kind for each in told} == set(known)
    for each in told:
        unnamed = {name for name in each.payload if f"`{name}`" not in known[each.kind]}
        assert not unnamed, f"{each.kind} carries {unnamed}"
