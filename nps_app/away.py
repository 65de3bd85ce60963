"""What tells that the database cannot be reached from that it refused a statement."""

from typing import Final

from django.db import InterfaceError, OperationalError

# PostgreSQL's codes while a server ends or starts, and when it has no connection left. Who finds no server gets no code.
_CODES: Final = ("57P", "53300")


def is_away(error: BaseException | None) -> bool:
    if isinstance(error, InterfaceError):
        return "connection" in str(error)  # one that was cut off in between
    code: str | None = getattr(getattr(error, "__cause__", None), "pgcode", None)
    return isinstance(error, OperationalError) and (code is None or code.startswith(_CODES))
