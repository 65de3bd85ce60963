"""@mentions of colleagues in notes: by email address, by name, or by the first name where nobody else has it. Pure."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from django.utils.translation import gettext as _

from surveys.accounts.models import User

_NOTHING: Final = re.compile(r"(?!)")
_ANYBODY: Final = re.compile(r"(?<![\w.@])@(\w(?:[\w.+-]*\w)?(?:@[\w.-]*\w)?)")


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
    known = _by_name(colleagues)
    typed = _typed(text, known)
    users = [_one_of(name, list(known[name.lower()].values())) for name in typed]
    return Mentioned(tuple(dict.fromkeys(users)), tuple(dict.fromkeys(typed)))


def _by_name(people: Iterable[User]) -> dict[str, dict[int, User]]:
    known: dict[str, dict[int, User]] = defaultdict(dict)
    for user in people:
        for name in (user.email, user.name, user.get_short_name() if user.name else ""):
            if name:
                known[name.lower()][user.pk] = user
    return known


def _typed(text: str, known: Iterable[str]) -> list[str]:
    return [match[1][1:] for match in pattern(list(known)).finditer(text)]


def _one_of(name: str, users: Sequence[User]) -> int:
    if len(users) > 1:
        addresses = ", ".join(f"@{user.email}" for user in sorted(users, key=lambda user: user.email))
        raise Unclear(
            _("“@%(name)s” could be one of several colleagues. Write %(addresses)s instead.")
            % {"name": name, "addresses": addresses}
        )
    return users[0].pk


# ── Said to who writes ───────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Naming:
    """Whom a note tells, and which of its names tell nobody."""

    users: tuple[User, ...] = ()
    shut_out: tuple[str, ...] = ()  # colleagues who cannot sign in
    nobody: tuple[str, ...] = ()
    unclear: str = ""
    deaf: tuple[User, ...] = ()  # who have chosen to hear of no mention

    @property
    def told(self) -> list[str]:
        return [str(user) for user in self.users]

    def without(self, deaf: Sequence[User]) -> "Naming":
        return replace(self, users=tuple(user for user in self.users if user not in deaf), deaf=tuple(deaf))

    @property
    def problems(self) -> list[str]:
        said = [self.unclear] if self.unclear else []
        said += [_("@%(name)s cannot sign in, and hears nothing of it.") % {"name": name} for name in self.shut_out]
        said += [_("%(name)s has chosen to be told of no mention.") % {"name": user} for user in self.deaf]
        if self.nobody:
            names = ", ".join(f"@{name}" for name in self.nobody)
            said.append(_("Nobody here is called %(names)s: nobody is told by that.") % {"names": names})
        return said


def naming(text: str, by: User, colleagues: Sequence[User], shut_out: Sequence[User]) -> Naming:
    """`colleagues` can be told, those who are `shut_out` are members all the same."""
    known, closed = _by_name(colleagues), _by_name(shut_out)
    of_nobody = pattern(list(known)).sub(" ", text)
    gone = tuple(dict.fromkeys(_typed(of_nobody, closed)))
    nobody = tuple(dict.fromkeys(_ANYBODY.findall(pattern(list(closed)).sub(" ", of_nobody))))
    try:
        keys = found(text, colleagues).users
    except Unclear as error:
        return Naming(shut_out=gone, nobody=nobody, unclear=str(error))
    return Naming(tuple(user for user in colleagues if user.pk in keys and user.pk != by.pk), gone, nobody)
