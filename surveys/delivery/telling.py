"""What providers told, to look at: for an organization, for a person, for the people of a campaign."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q, QuerySet

from surveys.accounts.models import Organization
from surveys.core import places
from surveys.core.timeline import Part
from surveys.customers.models import Customer, Suppression
from surveys.delivery import routes
from surveys.delivery.models import TELLING, Delivery, DeliveryEvent, Happening, Invitation, MailAccount, UnreadEvent

PAGE: Final = 50
_MOST_UNREAD: Final = 20
SHOWN: Final = (*TELLING, Happening.DELAYED, Happening.FAILED)  # of a person; the others say nothing


@dataclass(frozen=True)
class Line:
    """`delivery` is None where nothing followed from the event: it was about no message of ours, or came too late."""

    event: DeliveryEvent
    delivery: Delivery | None

    @property
    def label(self) -> str:
        return str(Happening(self.event.kind).label)


@dataclass(frozen=True)
class Page:
    """Newest first; `after` is the cursor of the next page, "" on the last."""

    lines: list[Line]
    after: str


def page(organization: Organization, *, kind: str = "", after: str = "") -> Page:
    """Two statements. Only what was said of messages, or on the roads, of this organization."""
    found = DeliveryEvent.objects.filter(organization=organization)
    found = found.filter(kind=kind) if kind else found
    events = list(_behind(found, after).order_by("-received_at", "-pk")[: PAGE + 1])
    shown = events[:PAGE]
    mine = Delivery.objects.filter(organization=organization, pk__in=[event.delivery_id for event in shown])
    deliveries = {row.pk: row for row in mine.select_related("customer__organization", "campaign__organization")}
    lines = [Line(event, deliveries.get(event.delivery_id or 0)) for event in shown]
    return Page(lines, places.encoded(shown[-1].received_at, shown[-1].pk) if len(events) > PAGE else "")


def _behind(found: QuerySet[DeliveryEvent], cursor: str) -> QuerySet[DeliveryEvent]:
    """A cursor that was not made here is the first page."""
    place = places.decoded(cursor)
    if place is None:
        return found
    at, pk = place
    return found.filter(Q(received_at__lt=at) | Q(received_at=at, pk__lt=pk), received_at__lte=at)


def unread(organization: Organization) -> list[UnreadEvent]:
    """What could not be understood, or was refused, at the address of the organization's own account; newest first."""
    account = MailAccount.objects.filter(organization=organization).first()
    return unread_on(routes.of_account(account.pk)) if account else []


def unread_on(route: str) -> list[UnreadEvent]:
    """As `unread`, of a road: routes.OPERATOR is the operator's."""
    return list(UnreadEvent.objects.filter(route=route).order_by("-received_at", "-pk")[:_MOST_UNREAD])


def cause(suppression: Suppression) -> DeliveryEvent | None:
    """The event that a provider's suppression came from, if it is still known."""
    told: QuerySet[DeliveryEvent] = DeliveryEvent.objects.filter(
        organization=suppression.organization_id,
        address_hash=suppression.address_hash,
        kind__in=TELLING,
        delivery_id__isnull=False,
        at=suppression.at,
    )
    return told.exclude(kind=Happening.DELIVERED).order_by("pk").first()


def words(organization: Organization, invitations: Sequence[Invitation], kinds: Sequence[str]) -> dict[int, str]:
    """What was said of each of these asks, by their keys: the first of these kinds."""
    sent = Delivery.objects.filter(organization=organization, invitation__in=[ask.pk for ask in invitations])
    owner = dict(sent.values_list("pk", "invitation_id"))
    told = DeliveryEvent.objects.filter(delivery_id__in=list(owner), kind__in=kinds).order_by("-at", "-key")
    return {owner[pk]: said for pk, said in told.values_list("delivery_id", "said") if pk is not None and said}


_TIMELINE: Final = """
    SELECT e.at, 'told', e.id, jsonb_build_object(
        'campaign', c.id, 'name', c.name, 'told', e.kind, 'said', e.said, 'message', d.kind)
    FROM surveys_invitation i JOIN surveys_delivery d ON d.invitation_id = i.id
    JOIN surveys_deliveryevent e ON e.delivery_id = d.id AND e.kind = ANY(%(told)s)
    JOIN surveys_campaign c ON c.id = i.campaign_id
    WHERE i.organization_id = %(organization)s AND i.customer_id = %(customer)s
"""


def timeline(customer: Customer) -> Part:
    params: dict[str, Any] = {"organization": customer.organization_id, "customer": customer.pk}
    return Part(_TIMELINE, params | {"told": [str(kind) for kind in SHOWN]})


def kinds() -> dict[str, str]:
    return {kind.value: str(kind.label) for kind in Happening}
