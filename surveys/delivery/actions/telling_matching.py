"""Which message a provider means. Reads only; nothing of another organization is ever found."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import QuerySet

from surveys.core import tokens
from surveys.core.tokens import Purpose
from surveys.customers import addresses
from surveys.delivery.models import Delivery
from surveys.delivery.told import Told

LATE: Final = timedelta(days=90)  # what happened longer ago is noted, and changes nothing; events are kept for longer


@dataclass(frozen=True)
class Match:
    """`delivery` is None where nothing follows: the message is not ours, the event is about another address (of a copy
    that was forwarded), or it comes too late. `organization` may be known all the same."""

    organization: int | None
    delivery: int | None
    address: str  # normalized; "" of somebody who was erased


def match(told: Told, *, at: datetime) -> Match:
    found = _delivery(told)
    if found is None:
        return Match(told.organization, None, _normalized(told.address))
    organization = told.organization or found.organization_id
    if not found.to_address:  # erased: what was said of them is not kept
        return Match(organization, None if _is_late(told, at) else found.pk, "")
    ours, theirs = _normalized(found.to_address), _normalized(told.address)
    is_theirs = theirs in ("", ours)
    follows = is_theirs and not _is_late(told, at)
    return Match(organization, found.pk if follows else None, ours if is_theirs else theirs)


def _is_late(told: Told, at: datetime) -> bool:
    return told.at is not None and told.at < at - LATE


def _normalized(address: str) -> str:
    """As Customer.email_key, and with a domain in letters: providers write "xn--…" for it."""
    return addresses.normalized(addresses.cleaned(address) or address) if address else ""


def _delivery(told: Told) -> Delivery | None:
    """By our own token, which nobody else can make; else by what the provider calls it."""
    named = [told.token, *(name.strip("<>").partition("@")[0] for name in told.names)]
    keys = [pk for token in named if (pk := tokens.read(Purpose.MESSAGE, token)) is not None]
    scoped = _scoped(told)
    for pk in keys:
        if found := scoped.filter(pk=pk).first():
            return found
    by_name = scoped.filter(provider_id__in=told.names).exclude(provider_id="")
    return by_name.order_by("-pk").first() if told.names and not keys else None


def _scoped(told: Told) -> QuerySet[Delivery]:
    everything = Delivery.objects.all()
    return everything if told.organization is None else everything.filter(organization=told.organization)
