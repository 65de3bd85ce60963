"""An address that bounces for now, again and again, is not mailed any more.

Asked of all that was told, in the order in which it happened: so it does not matter in which order the news came.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import QuerySet

from surveys.delivery.models import DeliveryEvent, Happening

WITHIN: Final = timedelta(days=30)
_LOOKED_AT: Final = 1000  # the latest; a provider that tells of each attempt tells a lot


def may_matter(organization: int, address_hash: str) -> bool:
    """A delivery only says something where there are bounces."""
    return _told(organization, address_hash).filter(kind=Happening.SOFT_BOUNCED).exists()


def since(organization: int, address_hash: str) -> datetime | None:
    """When the address had bounced NPS_SOFT_BOUNCES times within 30 days, with no delivery in between; None: it has not.

    What bounces counts once for a message and day: providers tell of each attempt.
    """
    told = _told(organization, address_hash).filter(kind__in=(Happening.SOFT_BOUNCED, Happening.DELIVERED))
    latest = told.order_by("-at", "-key").values_list("kind", "at", "delivery_id")[:_LOOKED_AT]
    return first_series(list(latest)[::-1])


def first_series(told: Iterable[tuple[str, datetime, int | None]]) -> datetime | None:
    """Of (kind, time, message), the earliest first. Pure."""
    bounces: dict[tuple[int | None, object], datetime] = {}  # by message and day
    for kind, at, delivery in told:
        if kind == Happening.DELIVERED:
            bounces = {}
            continue
        bounces.setdefault((delivery, at.date()), at)
        bounces = {key: when for key, when in bounces.items() if when > at - WITHIN}
        if len(bounces) >= settings.SOFT_BOUNCES:
            return at
    return None


def _told(organization: int, address_hash: str) -> QuerySet[DeliveryEvent]:
    return DeliveryEvent.objects.filter(organization=organization, address_hash=address_hash, delivery_id__isnull=False)
