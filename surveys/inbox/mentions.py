"""@mentions of colleagues in notes: by email address, by name, or by the first name where nobody else has it. Pure."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from surveys.accounts.models import User

_NOTHING: Final = re.compile(r"(?!)")


class Unclear(Exception):
    """A name that several colleagues have; the message says which, to the person who wrote it."""


@dataclass(frozen=True)
class Mentioned:
    """`names` as they were typed, without the @."""

    users: tuple[int, ...] = ()
    names: tuple[str, ...] = ()


NOBODY: Final = Mentioned()


def pattern(names: Sequence[str]) -> re.Pattern[str]:
    """Finds an @ with one of the names behind it, the longest that fits; not within an address."""
    if not names:
        return _NOTHING
    longest_first = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.compile(rf"(?<![\w.@])(@(?:{longest_first}))(?!\w)", re.IGNORECASE)


def found(text: str, colleagues: Iterable[User]) -> Mentioned:
    """Whom the text names. An @ that names nobody here is a word like any other. Raises Unclear."""
    known: dict[str, dict[int, User]] = defaultdict(dict)
    for user in colleagues:
        for name in (user.email, user.name, user.get_short_name() if user.name else ""):
            if name:
                known[name.lower()][user.pk] = user
    typed = [match[1][1:] for match in pattern(list(known)).finditer(text)]
    users = [_one_of(name, list(known[name.lower()].values())) for name in typed]
    return Mentioned(tuple(dict.fromkeys(users)), tuple(dict.fromkeys(typed)))


def _one_of(name: str, users: Sequence[User]) -> int:
    if len(users) > 1:
        addresses = ", ".join(f"@{user.email}" for user in sorted(users, key=lambda user: user.email))
        raise Unclear(
            _("“@%(name)s” could be one of several colleagues. Write %(addresses)s instead.")
            % {"name": name, "addresses": addresses}
        )
    return users[0].pk
