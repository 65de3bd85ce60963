"""What becomes of mail that came in: a message in its conversation, or a row that people look at. Each mail once."""

import logging
from datetime import datetime, timedelta
from email.message import Message as EmailMessage
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from surveys.accounts.models import Organization, User
from surveys.core import large
from surveys.delivery import actions as delivery
from surveys.delivery.models import Delivery, Invitation
from surveys.inbox import addresses
from surveys.inbox.actions import changing, opening, turns
from surveys.inbox.actions.changing import Doer
from surveys.inbox.addresses import Unsubscribe
from surveys.inbox.inbound import contents, finding, parsing, reports
from surveys.inbox.inbound.contents import Content
from surveys.inbox.inbound.finding import Place
from surveys.inbox.inbound.parsing import Parsed, Unreadable
from surveys.inbox.models import Conversation, InboundMail, Message, MessageKind, Outcome
from surveys.outbox import actions as outbox
from surveys.responses import actions as responses
from surveys.responses import survey_queries

logger = logging.getLogger(__name__)

_MOST_TRIES: Final = 10
_FIRST_WAIT: Final = 10  # seconds after a mail was received, before it is tried again; doubled each time


def read_next(*, at: datetime) -> bool:
    """Read one mail that waits; False when none does. Two who do it at once read two mails.

    What fails is tried again later, and is put before people when it goes on failing: nothing is lost. A try counts before
    it begins: a mail that takes its reader down with it comes last, and not for ever.
    """
    key = _begun(at)
    if key is None:
        return False
    with transaction.atomic():
        waiting = _without_bytes().filter(outcome=Outcome.WAITING, pk=key)
        mail = waiting.select_for_update(skip_locked=True, of=("self",)).first()
        if mail is None:
            return True  # another reader was quicker
        try:
            with transaction.atomic():
                _read(mail, at)
        except Exception as error:  # whatever it is: the mail stays, and the others behind it are read
            logger.exception("the incoming mail %s could not be taken in", mail.pk)
            _put_off(mail, f"{type(error).__name__}: {error}", at)
    return True


def _begun(at: datetime) -> int | None:
    """The key of the next mail, with one try more."""
    with transaction.atomic():
        mail = _waiting(at).select_for_update(skip_locked=True, of=("self",)).order_by("attempts", "pk").first()
        if mail is None:
            return None
        if mail.attempts >= _MOST_TRIES:
            _put_off(mail, mail.reason or "Whoever read it did not come back.", at)
            return mail.pk
        mail.attempts += 1
        mail.save(update_fields=["attempts"])
        return mail.pk


def _waiting(at: datetime) -> QuerySet[InboundMail]:
    due = Q(attempts=0)
    for tries in range(1, _MOST_TRIES + 1):
        due |= Q(attempts=tries, received_at__lte=at - timedelta(seconds=_FIRST_WAIT * 2**tries))
    return _without_bytes().filter(due, outcome=Outcome.WAITING)


def _without_bytes() -> QuerySet[InboundMail]:
    return InboundMail.objects.defer("raw", "content")


def _put_off(mail: InboundMail, why: str, at: datetime) -> None:
    mail.reason = why[:300]
    mail.save(update_fields=["reason"])
    if mail.attempts >= _MOST_TRIES:
        _give_up(mail, why, at)


def _give_up(mail: InboundMail, why: str, at: datetime) -> None:
    """It is put before the people of the organization that its address names."""
    place = finding.place(mail.to_address, parsing.nothing(mail.from_address))
    _leave(mail, Outcome.BROKEN, place.organization, why, at)


def _read(mail: InboundMail, at: datetime) -> None:
    meant = addresses.meaning(mail.to_address)
    if isinstance(meant, Unsubscribe):
        _unsubscribe(mail, meant.invitation, at)
        return
    try:
        parsed = parsing.parse(_raw(mail))
    except Unreadable as error:
        _give_up(mail, str(error), at)
        return
    if parsed.report is not None and _tell(mail, parsed.report, at):
        return
    place = finding.place(mail.to_address, parsed)
    if place.is_found:
        _hear(mail, parsed, place)
    elif parsed.automatic:
        _leave(mail, Outcome.AUTOMATIC, place.organization, f"{parsed.automatic}. {place.reason}", at)
    else:
        _leave(mail, Outcome.UNROUTED, place.organization, place.reason, at, parsed)


def _raw(mail: InboundMail) -> bytes:
    """Not kept at the row: of a large mail there shall be one copy."""
    return large.read(mail, "raw")


# ── Into its conversation ────────────────────────────────────────────────────────────────────────────────────────────
def _hear(mail: InboundMail, parsed: Parsed, place: Place) -> None:
    """A program's answer goes where its mail came from, and opens nothing."""
    if parsed.automatic and place.conversation is None:
        _end(mail, Outcome.AUTOMATIC, place.organization, parsed.automatic)
        return
    conversation = place.conversation if parsed.automatic else _conversation(place, mail.received_at)
    assert conversation is not None
    message = store(mail, Content.of(parsed), conversation, is_from_another=place.is_from_another)
    contents.keep_files(parsed.files, message.organization_id, at=message.at, message=message)


def _conversation(place: Place, at: datetime) -> Conversation:
    if place.conversation is not None:
        return opening.continued(conversation=changing.held(place.conversation), at=at)
    organization = Organization.objects.get(pk=place.organization or 0)
    return opening.open_conversation(
        organization=organization, response=place.response, customer=place.customer, by=None, at=at
    )


def store(
    mail: InboundMail, content: Content, conversation: Conversation, *, is_from_another: bool, by: User | None = None
) -> Message:
    """As the next message of this conversation, with the files that lie with the mail. A program's changes nobody's turn.
    The mail itself is not kept. `by` is the colleague who put it there."""
    held = changing.held(conversation)
    message = Message.objects.create(
        organization_id=held.organization_id,
        conversation=held,
        kind=MessageKind.INBOUND,
        text=content.text,
        html=content.html,
        html_differs=content.differs,
        quoted=content.quoted,
        from_address=content.from_address,
        is_from_another=is_from_another,
        is_automatic=bool(content.automatic),
        message_id=content.message_id,
        key=f"mail:{mail.pk}",
        at=mail.received_at,
    )
    contents.move_files(mail, message)
    if content.automatic:
        changing.write(held, Doer(mail.received_at))
    else:
        turns.customer_wrote(conversation=held, at=mail.received_at, by=by)
    mail.message_id = message.pk
    _end(mail, Outcome.AUTOMATIC if content.automatic else Outcome.THREADED, held.organization_id, content.automatic)
    return message


def _end(mail: InboundMail, outcome: Outcome, organization: int | None, reason: str = "") -> None:
    """Done with: that it came is remembered, what it said stands elsewhere."""
    mail.outcome, mail.organization_id, mail.reason = outcome, organization, reason[:300]
    contents.forget(mail)


# ── Elsewhere ────────────────────────────────────────────────────────────────────────────────────────────────────────
def _leave(
    mail: InboundMail,
    outcome: Outcome,
    organization: int | None,
    reason: str,
    at: datetime,
    parsed: Parsed | None = None,
) -> None:
    """For people to look at: the colleagues of the organization, or the operator when nobody knows whose it is.

    An organization that an operator gave it to keeps it. What it says is kept beside it: pages do not read mails. Of one
    that was read before they know.
    """
    found, is_news = organization or mail.organization_id, mail.content is None
    mail.outcome, mail.organization_id, mail.reason, mail.content = outcome, found, reason[:300], None
    mail.save(update_fields=["outcome", "organization", "reason", "content"])
    if found and parsed is not None:
        contents.keep(mail, parsed)
    if found and is_news and outcome != Outcome.AUTOMATIC:
        outbox.publish("mail.unrouted", mail, at=at)


def _tell(mail: InboundMail, report: EmailMessage, at: datetime) -> bool:
    """A mail server says that a mail of ours did not arrive: it is noted where that mail is."""
    told = reports.events(report, at=mail.received_at)
    if not told:
        return False
    delivery.tell_of(told, at=at)
    about = Delivery.objects.filter(pk=reports.delivery_of(told[0]) or 0).values_list("organization", flat=True).first()
    _end(mail, Outcome.AUTOMATIC, about, _("A mail server's report about a mail of ours."))
    return True


def _unsubscribe(mail: InboundMail, invitation: int, at: datetime) -> None:
    """By the address of List-Unsubscribe: as by the link of the same mail."""
    survey = survey_queries.survey_of(invitation)
    if survey is None:
        organization = Invitation.objects.filter(pk=invitation).values_list("organization", flat=True).first()
        _leave(mail, Outcome.UNROUTED, organization, _("The survey mail that it is about was deleted."), at)
        return
    responses.unsubscribe(survey=survey, at=at)
    _end(mail, Outcome.UNSUBSCRIBED, survey.organization)
