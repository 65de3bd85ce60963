"""A report cut into its events, so that one which cannot be understood does not take the others with it.

A part is what anymail's translation of that provider takes.
"""

import json
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Final

from surveys.delivery.hooks.posted import Posted

MOST_PARTS: Final = 5_000  # providers send some hundreds at once; each is a transaction of its own

Split = Callable[[Posted], Iterator[Any]]


class NoReport(ValueError):
    """The whole body is something else; the text says what was looked for."""


class TooMany(ValueError):
    """More parts than a report may have."""


def parts(provider: str, posted: Posted) -> list[Any]:
    """Raises NoReport and TooMany."""
    try:
        found = list(islice(_SPLITS[provider](posted), MOST_PARTS + 1))
    except (ValueError, RecursionError) as error:
        if isinstance(error, NoReport):
            raise
        raise NoReport("This is not the JSON that was expected.") from error
    if len(found) > MOST_PARTS:
        raise TooMany
    return found


def _each(posted: Posted) -> Iterator[Any]:
    """One event, or a list of them."""
    found = posted.json
    yield from found if isinstance(found, list) else [found]


def _of_list(found: Any, name: str) -> list[Any]:
    listed = found.get(name) if isinstance(found, dict) else None
    if not isinstance(listed, list):
        raise NoReport(f"There is no list “{name}” here.")
    return listed


def _mailgun(posted: Posted) -> Iterator[Any]:
    """The form is of webhooks made before 2018."""
    if posted.is_form:
        yield posted.form
    else:
        yield posted.json


def _mandrill(posted: Posted) -> Iterator[Any]:
    events = json.loads(posted.form.get("mandrill_events", "null"))
    if not isinstance(events, list):
        raise NoReport("There is no list “mandrill_events” here.")
    yield from events


def _mailtrap(posted: Posted) -> Iterator[Any]:
    yield from _of_list(posted.json, "events")


def _sparkpost(posted: Posted) -> Iterator[Any]:
    """An empty envelope is a ping."""
    yield from (event for event in _each(posted) if event != {"msys": {}})


def _unisender_go(posted: Posted) -> Iterator[Any]:
    found = posted.json
    if isinstance(found, dict) and "events_by_user" not in found:
        listed = [found | {"event_data": found}]  # "use single event"
    else:
        listed = [event for user in _of_list(found, "events_by_user") for event in _of_list(user, "events")]
    for event in listed:
        if not isinstance(event, dict):
            yield event
        elif event.get("event_name") == "transactional_email_status":
            yield event.get("event_data")


# Where the recipients of an event stand in what Amazon SES calls it.
_RECIPIENTS: Final = {
    "Bounce": ("bounce", "bouncedRecipients"),
    "Complaint": ("complaint", "complainedRecipients"),
    "Delivery": ("delivery", "recipients"),
    "DeliveryDelay": ("deliveryDelay", "delayedRecipients"),
}
_TOPIC_WORKS: Final = "Successfully validated SNS topic for Amazon SES event publishing."


def _amazon_ses(posted: Posted) -> Iterator[Any]:
    """One for each recipient: (what SES says, the envelope of SNS)."""
    envelope = posted.json
    if envelope["Message"] == _TOPIC_WORKS:
        return
    event = json.loads(envelope["Message"])
    if not isinstance(event, dict):
        raise NoReport("The message inside is no object.")
    for each in _by_recipient(event):
        yield each, envelope


def _by_recipient(event: dict[str, Any]) -> Iterator[dict[str, Any]]:
    kind = event.get("eventType") or event.get("notificationType")
    about, name = _RECIPIENTS.get(str(kind), ("mail", "destination"))
    holder = event.get(about)
    listed = holder.get(name) if isinstance(holder, dict) else None
    if not isinstance(listed, list):
        raise NoReport(f"There is no list “{name}” here.")
    for recipient in listed:
        address = recipient.get("emailAddress") if isinstance(recipient, dict) else recipient
        mail = event["mail"] if isinstance(event.get("mail"), dict) else {}
        each = event | {"mail": mail | {"destination": [address]}}
        yield each if about == "mail" else each | {about: {**(holder or {}), name: [recipient]}}


_SPLITS: Final[dict[str, Split]] = {
    "amazon_ses": _amazon_ses,
    "brevo": _each,
    "mailersend": _each,
    "mailgun": _mailgun,
    "mailjet": _each,
    "mailtrap": _mailtrap,
    "mandrill": _mandrill,
    "postal": _each,
    "postmark": _each,
    "resend": _each,
    "sendgrid": _each,
    "sparkpost": _sparkpost,
    "unisender_go": _unisender_go,
}
