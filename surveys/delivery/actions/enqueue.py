"""Single messages: sign-up and reset mails, replies and what rules write, and tests of a campaign."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from surveys.accounts import access, audit
from surveys.accounts.models import Membership, Organization
from surveys.accounts.permissions import Permission
from surveys.campaigns import queries as campaigns
from surveys.campaigns.models import Campaign
from surveys.core import clock, placeholders
from surveys.customers import addresses
from surveys.customers.models import Customer, Suppression, SuppressionReason
from surveys.delivery import letters, routes
from surveys.delivery.letters import Manner
from surveys.delivery.models import Delivery, Kind, Queue, State
from surveys.outbox.nudges import nudge

MOST_REFERENCES: Final = 10  # beside the first, which begins the thread: the header stays short
_MESSAGE_ID: Final = re.compile(r"<[!-;=?-~]{3,250}>")  # printable ASCII without spaces and angle brackets


class Undeliverable(Exception):
    """The letter cannot be sent to that address; the message says why, to the person who wrote it."""


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
    unsubscribe_url: str = "",
    automatic: bool,
    due_at: datetime | None = None,
    at: datetime,
) -> Delivery:
    """Send one mail of the organization to one address: a colleague's reply, a rule's mail, an alert.

    `in_reply_to` and `references` may come from outside: what is no Message-ID is left out. `attachments` are keys of
    files that the finder of `kind` knows, see delivery.enclosures. `automatic` mails say so (RFC 3834); those with an
    `unsubscribe_url`, which takes a POST, can be ended with one click (RFC 8058). Until `due_at` it can be taken back.

    Whether this person may be mailed is for the caller to ask; an address that does not take mail is Undeliverable here,
    whoever writes. Alerts, mails of the product to colleagues, take the operator's road.
    """
    _check_address(kind, organization, to)
    content: dict[str, Any] = {
        "subject": placeholders.single_line(subject),
        "text": text,
        "html": html,
        "sender": sender,
        "reply_to": reply_to,
        **_thread(in_reply_to, references),
        "enclosures": {"kind": kind, "keys": list(attachments)} if attachments else None,
        "unsubscribe_url": unsubscribe_url,
        "is_typed": not automatic,
    }
    content = {name: value for name, value in content.items() if value or name in ("subject", "text")}
    if kind == Kind.ALERT:
        content["route"] = routes.OPERATOR
    due = max(due_at, _at_once(at)) if due_at else _at_once(at)
    with transaction.atomic():
        delivery = Delivery.objects.create(
            organization=organization,
            customer=customer,
            kind=kind,
            queue=Queue.EMAIL,
            to_address=to,
            content=content,
            due_at=due,
            created_at=at,
        )
        wait = (due - at).total_seconds() or None
        transaction.on_commit(partial(nudge, "surveys.delivery.tasks.send_system", after_seconds=wait))
    return delivery


def _thread(in_reply_to: str, references: Sequence[str]) -> dict[str, Any]:
    ids = message_ids(references)
    return {"in_reply_to": "".join(message_ids([in_reply_to])), "references": [*ids[:1], *ids[1:][-MOST_REFERENCES:]]}


def message_ids(given: Sequence[str]) -> list[str]:
    """Those of them that are Message-IDs, each once, in order: nothing else gets into a header that names mails."""
    found = (match[0] for each in given if (match := _MESSAGE_ID.fullmatch(each.strip())))
    return list(dict.fromkeys(found))


def _check_address(kind: Kind, organization: Organization, to: str) -> None:
    """Colleagues' addresses are not on the list of those who must not be mailed."""
    if not to:
        raise Undeliverable(_("There is no email address."))
    if kind == Kind.ALERT:
        return
    digest = addresses.address_hash(organization.pk, addresses.normalized(to))
    bounced = Suppression.objects.filter(organization=organization, address_hash=digest)
    if bounced.filter(reason=SuppressionReason.BOUNCED).exists():
        raise Undeliverable(
            _("Mail to %(address)s comes back: the address does not take any. Correct it on the customer's page first.")
            % {"address": to}
        )


def cancel_letter(*, delivery_id: int, at: datetime) -> bool:
    """Take a letter back as long as nobody has tried to send it; says whether that was so. Whoever claims it first wins."""
    waiting = Delivery.objects.filter(pk=delivery_id, state=State.DUE, attempts=0, uncertain_at=None, sending_at=None)
    return bool(waiting.update(state=State.CANCELLED, reason=_("Taken back before it was sent."), finished_at=at))


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
