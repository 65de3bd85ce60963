"""Single messages: sign-up and reset mails, and tests of a campaign."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from surveys.accounts import access, audit
from surveys.accounts.models import Membership, Organization
from surveys.accounts.permissions import Permission
from surveys.campaigns import queries as campaigns
from surveys.campaigns.models import Campaign
from surveys.core import clock
from surveys.customers.models import Customer
from surveys.delivery import letters
from surveys.delivery.letters import Manner
from surveys.delivery.models import Delivery, Kind, Queue
from surveys.outbox.nudges import nudge


def _at_once(at: datetime) -> datetime:
    """Not before it is due by the clock that senders go by: else it would wait for the next sweep."""
    return min(at, clock.now())


def enqueue_system(
    *, to: str, subject: str, text: str, html: str = "", unsubscribe_url: str = "", at: datetime
) -> Delivery:
    """Send a mail of the product itself. The row is what sends it: no page waits for a mail server.

    `unsubscribe_url` takes a POST that ends mails of this kind (RFC 8058).
    """
    content = {"subject": subject, "text": text, "html": html}
    if unsubscribe_url:
        content["unsubscribe_url"] = unsubscribe_url
    with transaction.atomic():
        delivery = Delivery.objects.create(
            kind=Kind.SYSTEM, queue=Queue.EMAIL, to_address=to, content=content, due_at=_at_once(at), created_at=at
        )
        transaction.on_commit(partial(nudge, "surveys.delivery.tasks.send_system"))
    return delivery


@dataclass(frozen=True)
class Note:
    """What an organization writes to one customer about their own wishes; no survey."""

    subject: str
    text: str
    html: str
    sender: str
    reply_to: str


def enqueue_note(*, customer: Customer, note: Note, at: datetime) -> Delivery:
    """Send it to the address on file, whatever speaks against surveys: the customer has asked for it."""
    with transaction.atomic():
        delivery = Delivery.objects.create(
            organization_id=customer.organization_id,
            customer=customer,
            kind=Kind.SYSTEM,
            queue=Queue.EMAIL,
            to_address=customer.email or "",
            content=vars(note),
            due_at=_at_once(at),
            created_at=at,
        )
        transaction.on_commit(partial(nudge, "surveys.delivery.tasks.send_system"))
    return delivery


def enqueue_letter(
    *,
    kind: Kind,
    organization: Organization,
    customer: Customer | None,
    to: str,
    subject: str,
    text: str,
    html: str,
    sender: str,
    reply_to: str = "",
    in_reply_to: str = "",
    references: Sequence[str] = (),
    attachments: Sequence[int] = (),
    automatic: bool,
    at: datetime,
) -> Delivery:
    """Send one mail of the organization to one address: a colleague's reply, a rule's mail, an alert.

    Until its owner makes more of it: without threading and attachments; `automatic` mails say so, as all others here do.
    """
    content = {"subject": subject, "text": text, "html": html, "sender": sender, "reply_to": reply_to}
    with transaction.atomic():
        delivery = Delivery.objects.create(
            organization=organization,
            customer=customer,
            kind=kind,
            queue=Queue.EMAIL,
            to_address=to,
            content=content,
            due_at=_at_once(at),
            created_at=at,
        )
        transaction.on_commit(partial(nudge, "surveys.delivery.tasks.send_system"))
    return delivery


def send_test(*, campaign: Campaign, to: str, by: Membership, at: datetime, manner: Manner | None = None) -> Delivery:
    """Send a mail of a campaign, as it stands, to one address. Its links record nothing."""
    access.require(by, Permission.EDIT_CAMPAIGNS)
    wording = campaigns.wording(campaign)
    rendered = letters.rendered_test(
        campaign, wording, name=str(by.user), email=to, manner=manner or Manner(campaigns.design(campaign))
    )
    content = {
        "subject": _("[Test] %(subject)s") % {"subject": rendered.subject},
        "text": rendered.text,
        "html": rendered.html,
        "sender": rendered.sender,
        "reply_to": rendered.reply_to,
    }
    with transaction.atomic():
        delivery = Delivery.objects.create(
            organization_id=campaign.organization_id,
            campaign=campaign,
            kind=Kind.TEST,
            queue=Queue.EMAIL,
            to_address=to,
            content=content,
            due_at=_at_once(at),
            created_at=at,
        )
        audit.record(by, "campaign.test_sent", campaign, at=at, to=to)
        transaction.on_commit(partial(nudge, "surveys.delivery.tasks.send_system"))
    return delivery
