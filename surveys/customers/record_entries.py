"""What stands in the timeline of a record, and who else tells of it.

Domains that customers know nothing of (conversations, rules) contribute their part and the words for it: see
surveys/subscriptions.py.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from django.db import models
from django.utils.translation import gettext_lazy as _

from surveys.core.timeline import Happening, Part
from surveys.customers.models import Customer


class Group(models.TextChoices):
    """What a timeline can be narrowed to."""

    ASKS = "asks", _("Asked and mailed")
    ANSWERS = "answers", _("Answers")
    CONVERSATIONS = "conversations", _("Conversations")
    RULES = "rules", _("Rules")
    EVENTS = "events", _("Events")
    CHANGES = "changes", _("Changes")


KINDS: Final = {
    Group.ASKS: (
        *("planned", "linked", "sent", "reminded", "to_remind", "decided"),
        *("message", "told", "opened_page", "unsubscribed", "suppressed"),
    ),
    Group.ANSWERS: ("answered", "amended", "junk", "judged"),
    Group.CONVERSATIONS: (),
    Group.RULES: (),
    Group.EVENTS: ("event",),
    Group.CHANGES: ("added", "changed", "exported"),
}


@dataclass(frozen=True)
class Change:
    """One field before and after; "" is unset."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Entry:
    """One line of the timeline. `mark` colours its dot; campaign, response and conversation are ids of what it is about."""

    at: datetime
    text: str
    mark: str = ""
    score: int | None = None
    quote: str = ""
    note: str = ""
    by: str = ""
    changes: list[Change] = field(default_factory=list)
    not_taken: list[Change] = field(default_factory=list)
    campaign: int | None = None
    campaign_name: str = ""
    response: int | None = None
    conversation: int | None = None
    run: tuple[int, int] | None = None  # a rule, and its run
    until: datetime | None = None


class Names(Protocol):
    def name(self, user_id: int | None) -> str:
        """How a colleague is called; "" for nobody, and for who is gone."""


Teller = Callable[[Happening, Names], Entry | None]


def _nobody(happening: Happening) -> Iterable[int | None]:
    return ()


@dataclass(frozen=True)
class Source:
    """`tellers` say each kind of happening of `part` in words; None where it is not worth a line. `people` are the users
    whom a happening names."""

    group: Group
    part: Callable[[Customer], Part]
    tellers: Mapping[str, Teller]
    people: Callable[[Happening], Iterable[int | None]] = _nobody


_sources: Final[list[Source]] = []


def contribute(source: Source) -> None:
    _sources.append(source)


def parts(customer: Customer) -> list[Part]:
    return [source.part(customer) for source in _sources]


def teller(kind: str) -> Teller | None:
    return next((source.tellers[kind] for source in _sources if kind in source.tellers), None)


def people_in(happening: Happening) -> set[int]:
    found = next((source.people(happening) for source in _sources if happening.kind in source.tellers), ())
    return {pk for pk in found if pk is not None}


def kinds_of(group: str) -> tuple[str, ...]:
    """Of happenings; none for what is no group: then nothing is left out."""
    if group not in Group.values:
        return ()
    told = [kind for source in _sources if source.group == group for kind in source.tellers]
    return (*KINDS[Group(group)], *told)
