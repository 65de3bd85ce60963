"""One after the other, where the trouble of one must not become that of all who come later."""

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def one_by_one(items: Iterable[T], act: Callable[[T], R]) -> list[R]:
    """What `act` returns of each. Where it raises the others go on, and at the end all that was raised is raised."""
    found: list[R] = []
    errors: list[Exception] = []
    for item in items:
        try:
            found.append(act(item))
        except Exception as error:
            error.add_note(f"of {item!r}")
            errors.append(error)
    if errors:
        raise ExceptionGroup(f"{len(errors)} of {len(errors) + len(found)} failed", errors)
    return found
