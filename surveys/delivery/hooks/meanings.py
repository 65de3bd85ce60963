"""What an event means for us, where anymail's words say less than the provider does.

The questions are: is a bounce for good or for now, and does the address deserve to be spared, or was it about who sends?
Each provider's own words decide; docs/provider-events.md has the table.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from anymail.signals import AnymailTrackingEvent, EventType, RejectReason

from surveys.customers.models import SuppressionReason
from surveys.delivery import replies
from surveys.delivery.models import Happening
from surveys.delivery.replies import Stage, Verdict

_KINDS: Final = {
    EventType.QUEUED: Happening.QUEUED,
    EventType.SENT: Happening.ACCEPTED,
    EventType.REJECTED: Happening.REJECTED,
    EventType.FAILED: Happening.FAILED,
    EventType.BOUNCED: Happening.BOUNCED,
    EventType.DEFERRED: Happening.DELAYED,
    EventType.DELIVERED: Happening.DELIVERED,
    EventType.COMPLAINED: Happening.COMPLAINED,
    EventType.UNSUBSCRIBED: Happening.UNSUBSCRIBED,
}
_NOT_DELIVERED: Final = (Happening.BOUNCED, Happening.REJECTED)


def kind_of(provider: str, event: AnymailTrackingEvent, raw: Any) -> Happening:
    special = _SPECIAL.get(provider, _nothing)(raw)
    if special is not None:
        return special
    return _KINDS.get(event.event_type, Happening.OTHER)


def suppression_of(provider: str, kind: Happening, event: AnymailTrackingEvent, raw: Any) -> SuppressionReason | None:
    """Why nobody mails the address any more; None when the event is no reason."""
    if kind is Happening.COMPLAINED:
        return SuppressionReason.COMPLAINED
    if kind is Happening.UNSUBSCRIBED:
        return SuppressionReason.UNSUBSCRIBED
    if kind not in _NOT_DELIVERED:
        return None
    if provider in _KNOWN_BEFORE and (known := _KNOWN_BEFORE[provider](raw)):
        return known
    if kind is Happening.REJECTED:
        return _REJECTED.get(event.reject_reason)
    return SuppressionReason.BOUNCED if _is_about_the_address(event) else None


_REJECTED: Final = {
    RejectReason.BOUNCED: SuppressionReason.BOUNCED,
    RejectReason.INVALID: SuppressionReason.BOUNCED,
    RejectReason.SPAM: SuppressionReason.COMPLAINED,
    RejectReason.UNSUBSCRIBED: SuppressionReason.UNSUBSCRIBED,
}
_CODE: Final = re.compile(r"\D{0,40}\b(5\d\d)[ -]+(.*)", re.DOTALL)


def _is_about_the_address(event: AnymailTrackingEvent) -> bool:
    """Not when the server refused for what we are or write: one blocklisting must not suppress every customer there."""
    if event.reject_reason not in (None, RejectReason.BOUNCED, RejectReason.INVALID):
        return False
    found = _CODE.match(str(event.mta_response or ""))
    if found is None:
        return True
    reply = replies.classify(Stage.RECIPIENT, int(found[1]), found[2])
    return reply.verdict in (Verdict.ADDRESS, Verdict.UNSENDABLE)


# ── In the providers' own words ──────────────────────────────────────────────────────────────────────────────────────
Reading = Callable[[Any], Happening | None]


def _nothing(_raw: Any) -> None:
    return None


def _when(word: str, meanings: dict[str, Happening]) -> Reading:
    return lambda raw: meanings.get(raw.get(word))


def _amazon_ses(raw: Any) -> Happening | None:
    """SES calls an address that is not there "Permanent"; all else may pass."""
    event, _envelope = raw
    kind = event.get("eventType") or event.get("notificationType")
    if kind == "DeliveryDelay":
        return Happening.DELAYED
    if kind == "Bounce" and event["bounce"].get("bounceType") != "Permanent":
        return Happening.SOFT_BOUNCED
    return None


def _mailersend(raw: Any) -> Happening | None:
    return Happening.SOFT_BOUNCED if raw["data"].get("type") == "soft_bounced" else None


def _mailjet(raw: Any) -> Happening | None:
    """Greylisting is a delay, anymail knows that."""
    is_soft = raw.get("event") == "bounce" and not raw.get("hard_bounce") and raw.get("error") != "greylisted"
    return Happening.SOFT_BOUNCED if is_soft else None


# Younger than anymail's table.
_MANDRILL: Final = {"soft_bounce": Happening.SOFT_BOUNCED, "delivered": Happening.DELIVERED}


def _mandrill(raw: Any) -> Happening | None:
    return _MANDRILL.get(raw.get("event") or raw.get("type"))


def _postal(raw: Any) -> Happening | None:
    return Happening.BOUNCED if raw.get("payload", {}).get("status") == "HardFail" else None


def _postmark(raw: Any) -> Happening | None:
    is_soft = raw.get("RecordType") == "Bounce" and raw.get("Type") == "SoftBounce"
    return Happening.SOFT_BOUNCED if is_soft else None


_FULL: Final = re.compile(r"inbox was full|mailbox full|general bounce", re.IGNORECASE)
_RESEND: Final = {
    "email.failed": Happening.FAILED,
    "email.suppressed": Happening.REJECTED,
}  # younger than anymail's table


def _resend(raw: Any) -> Happening | None:
    """Only some versions say the type of a bounce; the others have words."""
    if raw.get("type") != "email.bounced":
        return _RESEND.get(raw.get("type"))
    bounce = raw["data"].get("bounce", {})
    said = bounce.get("type", "")
    is_soft = said not in ("", "Permanent") or (not said and _FULL.search(bounce.get("message", "")))
    return Happening.SOFT_BOUNCED if is_soft else None


# https://support.sparkpost.com/docs/deliverability/bounce-classification-codes: those called soft, and "undetermined"
_SPARKPOST_SOFT: Final = frozenset({"1", "20", "21", "22", "23", "24", "40", "70"})


def _sparkpost(raw: Any) -> Happening | None:
    (event,) = raw["msys"].values()
    is_bounce = event.get("type") in ("bounce", "out_of_band")
    return Happening.SOFT_BOUNCED if is_bounce and str(event.get("bounce_class")) in _SPARKPOST_SOFT else None


# Other reasons than that the address is gone, or that the mail was taken for spam.
_UNISENDER_SOFT: Final = frozenset(
    {
        "err_mailbox_full",
        "err_too_large",
        "err_unreachable",
        "err_skip_letter",
        "err_destination_misconfigured",
        "err_delivery_failed",
        "err_lost",
    }
)


def _unisender_go(raw: Any) -> Happening | None:
    said = raw.get("delivery_info", {}).get("delivery_status", "")
    is_soft = raw.get("status") == "soft_bounced" or (raw.get("status") == "hard_bounced" and said in _UNISENDER_SOFT)
    return Happening.SOFT_BOUNCED if is_soft else None


_SPECIAL: Final[dict[str, Reading]] = {
    "amazon_ses": _amazon_ses,
    "brevo": _when("event", {"soft_bounce": Happening.SOFT_BOUNCED}),
    "mailersend": _mailersend,
    "mailjet": _mailjet,
    "mailtrap": _when("event", {"soft bounce": Happening.SOFT_BOUNCED}),
    "mandrill": _mandrill,
    "postal": _postal,
    "postmark": _postmark,
    "resend": _resend,
    "sparkpost": _sparkpost,
    "unisender_go": _unisender_go,
}

# What the provider knew of the address before it tried.
_Knowing = Callable[[Any], SuppressionReason | None]


def _mailgun_knew(raw: Any) -> SuppressionReason | None:
    return {
        "suppress-bounce": SuppressionReason.BOUNCED,
        "suppress-complaint": SuppressionReason.COMPLAINED,
        "suppress-unsubscribe": SuppressionReason.UNSUBSCRIBED,
    }.get(raw.get("event-data", {}).get("reason", ""))


def _sendgrid_knew(raw: Any) -> SuppressionReason | None:
    return SuppressionReason.COMPLAINED if "spam report" in str(raw.get("reason", "")).lower() else None


def _resend_knew(raw: Any) -> SuppressionReason | None:
    bounce = raw["data"].get("bounce", {})
    is_known = bounce.get("subType") in ("Suppressed", "OnAccountSuppressionList")
    return SuppressionReason.BOUNCED if is_known or "suppressed sending" in bounce.get("message", "") else None


def _unisender_go_knew(raw: Any) -> SuppressionReason | None:
    is_known = raw.get("delivery_info", {}).get("delivery_status") == "err_unsubscribed"
    return SuppressionReason.UNSUBSCRIBED if is_known else None


_KNOWN_BEFORE: Final[dict[str, _Knowing]] = {
    "mailgun": _mailgun_knew,
    "resend": _resend_knew,
    "sendgrid": _sendgrid_knew,
    "unisender_go": _unisender_go_knew,
}
