"""Reads about what people were told."""

from django.db.models import QuerySet

from surveys.accounts.models import Membership, Organization
from surveys.alerts.models import AlertChoice, Notification
from surveys.alerts.wishes import Wish

PAGE = 50
MOST_COUNTED = 100  # "99+" on the bell: nobody reads a larger figure there


def unseen(by: Membership) -> QuerySet[Notification]:
    """What is new, in no order and MOST_COUNTED at most; an index answers it."""
    mine = Notification.objects.filter(user=by.user_id, organization=by.organization_id, seen_at=None)
    return mine.order_by()[:MOST_COUNTED]


def notifications(by: Membership, *, only_unseen: bool = False, before: int | None = None) -> list[Notification]:
    """One's own, the newest first, a page and one more; `before` is the id of the last that was shown."""
    mine: QuerySet[Notification] = Notification.objects.filter(user=by.user_id, organization=by.organization_id)
    mine = mine.filter(seen_at=None) if only_unseen else mine
    mine = mine.filter(pk__lt=before) if before else mine
    return list(mine.order_by("-pk")[: PAGE + 1])


def wish_of(by: Membership) -> Wish:
    return Wish.of(choice_of(by), by.role)


def choice_of(by: Membership) -> AlertChoice | None:
    return AlertChoice.objects.filter(organization=by.organization_id, user=by.user_id).first()


def choices_by_id(organization: Organization, ids: list[int]) -> dict[int, AlertChoice]:
    found = AlertChoice.objects.filter(organization=organization, pk__in=ids).select_related("user")
    return {choice.pk: choice for choice in found}
