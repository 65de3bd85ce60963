"""Messages that have left by a provider, and the provider's address of the road."""

import itertools
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from surveys.campaigns.models import Campaign, Status
from surveys.core import tokens
from surveys.core.tokens import Purpose
from surveys.delivery import letters
from surveys.delivery.hooks import roads
from surveys.delivery.models import Delivery, Kind, Queue, State
from tests import factories
from tests.delivery.hooks import amazon, providers
from tests.delivery.hooks.providers import Request
from tests.people import Person

_numbers = itertools.count(1)


def campaign_of(person: Person) -> Campaign:
    found = Campaign.objects.filter(organization=person.organization, name="Told").first()
    return found or factories.campaign(person.organization, "Told", Status.LIVE, wave=1)


def sent_to(
    person: Person, address: str, *, state: State = State.SENT, kind: str = Kind.ASK, **fields: Any
) -> Delivery:
    """An ask to a new customer of this person's organization that left an hour ago, as far as is known."""
    campaign = campaign_of(person)
    customer = factories.customer(person.organization, address)
    left = timezone.now() - timedelta(hours=1)
    told = {} if state == State.SENT else {"sent_at": None, "sent_day": None}
    invitation = factories.invitation(campaign, customer, left, occasion=f"wave:{next(_numbers)}")
    type(invitation).objects.filter(pk=invitation.pk).update(**told)
    delivery = Delivery.objects.create(
        organization=person.organization,
        campaign=campaign,
        invitation=invitation,
        customer=customer,
        kind=kind,
        queue=Queue.BULK,
        state=state,
        due_at=left,
        created_at=left,
        to_address=address,
        attempts=1,
        sending_at=left,
        uncertain_at=left if state == State.UNCERTAIN else None,
        sent_at=left if state == State.SENT else None,
        finished_at=left if state == State.SENT else None,
        provider_id=fields.pop("provider_id", str(10_000_000_000 + next(_numbers))),
        **fields,
    )
    delivery.message_id = letters.message_id(delivery.pk)
    delivery.save(update_fields=["message_id"])
    return delivery


def about(delivery: Delivery, part: Any, *, at: datetime | None = None, words: dict[str, Any] | None = None) -> Any:
    """The event of the book, about this message; `words` take the place of what is usual."""
    when = (at or timezone.now()).astimezone(UTC).replace(microsecond=0)
    unix = int(when.timestamp())
    usual = {
        "$TOKEN": tokens.make(Purpose.MESSAGE, delivery.pk),
        "$ADDRESS": delivery.to_address,
        "$ID": delivery.provider_id,
        "$BARE_ID": delivery.provider_id.strip("<>"),
        "$NUMBER": int(delivery.provider_id) if delivery.provider_id.isdigit() else 7,
        "$MESSAGE_ID": delivery.message_id,
        "$BARE_MESSAGE_ID": delivery.message_id.strip("<>"),
        "$EVENT": f"event-{next(_numbers)}-{delivery.pk}",
        "$UNIX": unix,
        "$UNIX_FLOAT": unix + 0.25,
        "$UNIX_TEXT": str(unix),
        "$MILLIS": unix * 1000,
        "$SIGNED": str(int(time.time())),
        "$SIGNATURE": "",
        "$ISO": when.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "$SPACED": when.strftime("%Y-%m-%d %H:%M:%S"),
    }
    return providers.filled(part, usual | (words or {}))


@dataclass
class Hook:
    """The address of a road, and who posts there: no cookies, no session."""

    provider: str
    path: str

    def request(self, *parts: Any) -> Request:
        return providers.request(self.provider, self.path, list(parts))

    def post(self, *parts: Any) -> HttpResponse:
        return self.send(self.request(*parts))

    def send(self, request: Request, **headers: str) -> HttpResponse:
        sent: dict[str, Any] = {"content_type": request.content_type, "headers": request.headers | headers}
        response: Any = Client(raise_request_exception=False).post(self.path, request.body, **sent)
        return cast(HttpResponse, response)


def hook(provider: str, account: int = roads.OPERATORS) -> Hook:
    address = roads.address(account, provider)
    return Hook(provider, address[address.index("/hooks/") :])


def operators(provider: str, settings: Settings) -> Hook:
    """The operator's road with this provider, which signs where it can."""
    settings.WEBHOOK_PROVIDER = provider
    settings.WEBHOOK_KEY = "" if provider in providers.UNSIGNED else providers.key(provider)
    settings.SNS_TOPICS = [amazon.TOPIC]
    amazon.knows_certificate()
    return hook(provider)


def part(provider: str, kind: str) -> Any:
    """The first event of the book that means this."""
    return next(each["part"] for each in providers.book(provider)["parts"] if each["is"] == kind)
