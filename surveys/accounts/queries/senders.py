"""Reads about sender addresses."""

from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr

from django.conf import settings
from django.urls import reverse

from surveys.accounts.models import Organization, SenderAddress
from surveys.core import tokens
from surveys.core.tokens import Purpose


def default_address() -> str:
    """The operator's: what organizations without an address of their own write from."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1]


def is_vouched_for(address: str) -> bool:
    """The operator has named the address or its domain in NPS_VERIFIED_SENDERS."""
    address = address.lower()
    return address in settings.VERIFIED_SENDERS or address.rpartition("@")[2] in settings.VERIFIED_SENDERS


def link(row: SenderAddress) -> str:
    return settings.PUBLIC_URL + reverse("identity:confirm_sender", args=[tokens.make(Purpose.SENDER, row.pk)])


def is_open(row: SenderAddress, organization: Organization, at: datetime) -> bool:
    """Its link can be used: it has not expired, and the address is still wanted."""
    is_wanted = organization.wanted_sender_email.lower() == row.address.lower()
    return is_wanted and row.expires_at is not None and row.expires_at > at


@dataclass(frozen=True)
class SenderState:
    """What the page about the sender says. `used` is what mails leave from now; `waiting` the address to be confirmed."""

    used: str
    is_default: bool
    waiting: SenderAddress | None
    mail_is_set_up: bool

    @property
    def link_is_out(self) -> bool:
        return self.mail_is_set_up and self.waiting is not None and self.waiting.mailed_at is not None


def state(organization: Organization) -> SenderState:
    wanted = organization.wanted_sender_email
    return SenderState(
        used=organization.sender_email or default_address(),
        is_default=not organization.sender_email,
        waiting=SenderAddress.objects.of(organization.pk, wanted).first() if wanted else None,
        mail_is_set_up=settings.MAIL_IS_SET_UP,
    )


def sender_of_link(pk: int) -> SenderAddress | None:
    return SenderAddress.objects.select_related("organization", "requested_by").filter(pk=pk).first()


def awaits_confirmation(organization: Organization) -> bool:
    """As it stands in the database now: an organization in hand may be older."""
    return Organization.objects.filter(pk=organization.pk).exclude(wanted_sender_email="").exists()
