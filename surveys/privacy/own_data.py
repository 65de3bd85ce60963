"""Customers who want to see or erase what is known about them: by a link to the address on file, because the page that
asks for it may be seen by somebody whom a mail was passed on to. docs/privacy.md says it in words."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import formataddr
from typing import Any, Final

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from surveys.accounts import audit
from surveys.accounts.models import Organization
from surveys.accounts.queries import senders
from surveys.core import bidi, languages, placeholders
from surveys.customers import actions as customers
from surveys.customers import addresses
from surveys.customers import queries as customer_queries
from surveys.customers.actions import departures
from surveys.customers.models import Customer
from surveys.delivery import actions as delivery
from surveys.delivery.models import Delivery, Kind
from surveys.privacy import contributions, files, person
from surveys.privacy.preferences import Preferences

HOURS: Final = 48
MOST_LINKS_A_DAY: Final = 3
_SALT: Final = "surveys.privacy.own_data"


class TooMany(RuntimeError):
    """Enough links were sent to this customer for a day."""


class NotAllowed(RuntimeError):
    """The organization does this itself, or there is no address to send a link to."""


@dataclass(frozen=True)
class Link:
    """What such a link opens: everything about one customer, for who reads the mails of the address they had."""

    organization: int
    customer: int
    digest: str
    language: str
    is_expired: bool = False

    def opened(self) -> Customer | None:
        """None when the customer is gone, has another address now, or the organization does this itself."""
        people = Customer.objects.select_related("organization").filter(organization=self.organization)
        found = people.filter(pk=self.customer).first()
        if found is None or not found.organization.customers_may_take_data:
            return None
        return found if _digest(found) == self.digest else None


def read(token: str) -> Link | None:
    """None for what was not signed here, for this purpose."""
    try:
        said = signing.loads(token, salt=_SALT)
    except signing.BadSignature:
        return None
    try:
        signing.loads(token, salt=_SALT, max_age=timedelta(hours=HOURS))
    except signing.SignatureExpired:
        return replace(Link(*said), is_expired=True)
    return Link(*said)


def _digest(customer: Customer) -> str:
    return addresses.address_hash(customer.organization_id, customer.email_key or "")[:32]


def send_link(*, of: Preferences, at: datetime) -> None:
    """To the address on file, whatever it is suppressed for. Raises TooMany, NotAllowed."""
    with transaction.atomic():
        people = Customer.objects.select_for_update(no_key=True, of=("self",)).select_related("organization")
        customer = people.filter(organization=of.organization, pk=of.customer.pk).first()
        if customer is None or not customer.email or not customer.organization.customers_may_take_data:
            raise NotAllowed(of.customer.pk)
        notes = Delivery.objects.filter(organization=of.organization, campaign=None, customer=customer)
        if notes.filter(kind=Kind.SYSTEM, created_at__gt=at - timedelta(days=1)).count() >= MOST_LINKS_A_DAY:
            raise TooMany(customer.pk)
        delivery.enqueue_note(customer=customer, note=_note(customer, of.language), at=at)
        audit.record_automatic(customer.organization, "customer.data_link_sent", customer, at=at)


def _note(customer: Customer, language: str) -> delivery.Note:
    organization = customer.organization
    token = signing.dumps([organization.pk, customer.pk, _digest(customer), language], salt=_SALT)
    with translation.override(language):
        context: dict[str, Any] = {
            "company": bidi.isolated(organization.name, language),
            "url": settings.PUBLIC_URL + reverse("preferences:data", args=[token]),
            "language": language,
            "direction": "rtl" if languages.is_right_to_left(language) else "ltr",
        }
        subject = render_to_string("emails/data_link/subject.txt", context | {"company": organization.name})
        return delivery.Note(
            subject=placeholders.single_line(subject),
            text=render_to_string("emails/data_link/body.txt", context),
            html=render_to_string("emails/data_link/body.html", context),
            sender=_sender(organization),
            reply_to=organization.reply_to,
        )


def _sender(organization: Organization) -> str:
    """The organization's name, at an address that the operator's road may write from."""
    name = placeholders.single_line(organization.sender_name or organization.name)
    return formataddr((name, senders.default_address()))


def take(*, customer: Customer, at: datetime) -> bytes:
    """Everything about this customer as a ZIP file: a page to read (in English, as the product is), and the same as JSON."""
    document = person.everything(customer, at=at)
    declared = {known.key: known for known in customer_queries.declared_properties(customer.organization)}
    with translation.override(languages.SOURCE):
        more = contributions.files(customer)
        packed = files.as_zip(document, declared, customer.name or f"#{customer.pk}", more)
    with transaction.atomic():
        audit.record_automatic(customer.organization, "customer.data_taken", customer, at=at)
    return packed


def erase(*, customer: Customer, at: datetime) -> None:
    """As colleagues do it, at once: whoever reads the address's mails has asked for it twice."""
    with transaction.atomic():
        departures.hold(customer.organization_id)
        if customers.erase(organization=customer.organization, ids=[customer.pk], at=at):
            audit.record_automatic(customer.organization, "customer.erased_by_wish", customer, at=at)
