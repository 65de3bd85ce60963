"""Who reacts to which event. Filled by surveys/subscriptions.py and by nobody else."""

from collections import defaultdict
from collections.abc import Callable

from surveys.outbox.models import Event

Handler = Callable[[Event], None]

_in_transaction: dict[str, list[Handler]] = defaultdict(list)
_after_commit: dict[str, list[Handler]] = defaultdict(list)


def in_transaction(kind: str, handler: Handler) -> None:
    """`handler` runs inside the publisher's transaction: it commits or fails with the change itself."""
    _in_transaction[kind].append(handler)


def after_commit(kind: str, handler: Handler) -> None:
    """`handler` runs in a task after commit, at least once: it must be idempotent."""
    _after_commit[kind].append(handler)


def handlers_in_transaction(kind: str) -> list[Handler]:
    return _in_transaction.get(kind, [])


def handlers_after_commit(kind: str) -> list[Handler]:
    return _after_commit.get(kind, [])
