"""From a claimed message to what goes over the wire."""

from datetime import datetime
from email.utils import format_datetime, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from surveys.campaigns.models import Campaign
from surveys.core.mail import Address
from surveys.delivery import enclosures, letters
from surveys.delivery.actions import Claim, Claimed, Words
from surveys.delivery.letters import NO_DESIGN, Ask, Manner
from surveys.delivery.mailing import Filling, Mail, as_bytes
from surveys.delivery.models import REMINDERS, Kind


class Composer:
    """Knows the letters of one claim. `compose` raises what is wrong with a message; the others are none the worse."""

    def __init__(self, claim: Claim, *, wants_bytes: bool) -> None:
        self._claim = claim
        self._wants_bytes = wants_bytes
        self._asks: dict[tuple[Words, str, str], Ask] = {}

    def compose(self, message: Claimed, at: datetime) -> Mail:
        address = Address(message.to_address, message.message_id, format_datetime(at))
        if message.kind == Kind.ASK or message.kind in REMINDERS:
            return self._of_ask(message, address)
        letter = _single(message, address)
        content = as_bytes(letter) if self._wants_bytes else letter
        return Mail(parseaddr(letter.from_email)[1], message.to_address, content, letters.token_of(message.message_id))

    def _of_ask(self, message: Claimed, address: Address) -> Mail:
        ask = self._ask(message)
        values = letters.values(
            company=ask.company,
            language=ask.language,
            name=message.name,
            email=message.to_address,
            invitation=message.invitation or 0,
            asked=message.asked,
        )
        token = letters.token_of(message.message_id)
        if self._wants_bytes:
            return Mail(ask.sender_email, message.to_address, letters.skeleton(ask).message(address, values), token)
        letter = letters.letter(ask)
        filling = Filling(letter, values, address)
        return Mail(ask.sender_email, message.to_address, letter.message(address, values), token, filling)

    def _ask(self, message: Claimed) -> Ask:
        key = message.words, message.variant, message.kind
        if key not in self._asks:
            campaign = self._claim.campaigns[message.campaign or 0]
            design = self._claim.designs.get((campaign.pk, message.version), NO_DESIGN)
            manner = Manner(design, message.variant, message.kind, self._reminders(message, campaign))
            self._asks[key] = Ask.of(campaign, self._claim.wordings[message.words], campaign.organization, manner)
        return self._asks[key]

    def _reminders(self, message: Claimed, campaign: Campaign) -> tuple[dict[str, str], ...]:
        """The texts of reminders, which may be younger than the ask: then they are the latest ones in its language."""
        now = self._claim.wordings.get((campaign.pk, campaign.version, message.language))
        own = self._claim.wordings[message.words].reminders
        return (*own, *(now.reminders[len(own) :] if now else ()))


def _single(message: Claimed, address: Address) -> EmailMultiAlternatives:
    """A mail that was written for one person: its words are in the row."""
    content = message.content or {}
    reply_to = content.get("reply_to")
    single = EmailMultiAlternatives(
        subject=content["subject"],
        body=content["text"],
        from_email=content.get("sender") or settings.DEFAULT_FROM_EMAIL,
        to=[message.to_address],
        reply_to=[reply_to] if reply_to else None,
        headers={
            "Date": address.date,
            "Message-ID": address.message_id,
            **_of_machines(content),
            **_of_thread(content),
        },
    )
    if content.get("html"):
        single.attach_alternative(content["html"], "text/html")
    for enclosure in enclosures.of(message.organization or 0, content):
        single.attach(enclosure.part())
    return single


def _of_machines(content: dict[str, Any]) -> dict[str, str]:
    """What tells mail programs that nobody typed this, and how to end it with one click (RFC 3834, RFC 8058)."""
    if content.get("is_typed"):
        return {}
    headers = {"Auto-Submitted": "auto-generated"}
    if url := content.get("unsubscribe_url"):
        headers |= {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
        headers["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    return headers


def _of_thread(content: dict[str, Any]) -> dict[str, str]:
    """Which mails it answers, so that mail programs show all of them as one conversation (RFC 5322, 3.6.4)."""
    headers = {"In-Reply-To": content.get("in_reply_to", ""), "References": " ".join(content.get("references", ()))}
    return {name: value for name, value in headers.items() if value}
