"""Reads about what people were told."""

from dataclasses import dataclass
from typing import Final

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import IntegerField, Max, QuerySet, Subquery

from surveys.accounts.models import Membership, Organization
from surveys.alerts.models import SUBJECT, AlertChoice, Notification
from surveys.alerts.wishes import Wish

PAGE: Final = 50
MOST_COUNTED: Final = 100  # "99+" on the bell: nobody reads a larger figure there
LOOKED_AT: Final = 500  # of what is new, to count what it is about
MOST_OF_ONE: Final = 10  # about one subject; the rest is counted


def _of(by: Membership) -> QuerySet[Notification]:
    return Notification.objects.filter(user=by.user_id, organization=by.organization_id)


# ── What is new ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Unseen(Subquery):
    """About how many subjects something is new, MOST_COUNTED at most; an index answers it."""

    template = f"(SELECT least(count(DISTINCT subject), {MOST_COUNTED}) FROM (%(subquery)s) looked_at)"
    output_field = IntegerField()

    def __init__(self, by: Membership) -> None:
        mine = _of(by).filter(seen_at=None).annotate(subject=SUBJECT)
        super().__init__(mine.order_by().values("subject")[:LOOKED_AT])


def unseen(by: Membership) -> int:
    (found,) = Membership.objects.filter(pk=by.pk).values_list(Unseen(by)).get()
    return int(found)


def has_new(by: Membership) -> bool:
    return _of(by).filter(seen_at=None).exists()


# ── What was told ────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Subject:
    """What is about one response or conversation: the newest first, MOST_OF_ONE at most, and how many there are."""

    newest: int
    told: list[Notification]
    count: int


def subjects(
    by: Membership, *, only_unseen: bool = False, before: int | None = None, most: int = PAGE
) -> list[Subject]:
    """One's own, of what was told last first; one more than `most`. `before` is the newest id of the last that was shown."""
    mine = _of(by).annotate(subject=SUBJECT)
    mine = mine.filter(seen_at=None) if only_unseen else mine
    grouped = mine.values("subject").annotate(newest=Max("pk"), keys=ArrayAgg("pk", order_by="-pk"))
    grouped = grouped.filter(newest__lt=before) if before else grouped
    found = list(grouped.order_by("-newest").values_list("newest", "keys")[: most + 1])
    rows = Notification.objects.in_bulk([pk for _newest, keys in found for pk in keys[:MOST_OF_ONE]])
    return [
        Subject(newest, told, len(keys))
        for newest, keys in found
        if (told := [rows[pk] for pk in keys[:MOST_OF_ONE] if pk in rows])
    ]


def wish_of(by: Membership) -> Wish:
    return Wish.of(choice_of(by), by.role)


def choice_of(by: Membership) -> AlertChoice | None:
    return AlertChoice.objects.filter(organization=by.organization_id, user=by.user_id).first()


def choices_by_id(organization: Organization, ids: list[int]) -> dict[int, AlertChoice]:
    found = AlertChoice.objects.filter(organization=organization, pk__in=ids).select_related("user")
    return {choice.pk: choice for choice in found}
