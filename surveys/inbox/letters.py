"""A reply as the mail that a customer gets: in the thread of what came before, signed, with the history below."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import formataddr
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from surveys.accounts.models import Organization, User
from surveys.accounts.queries import senders
from surveys.campaigns.models import Wording
from surveys.core import languages, placeholders, tokens
from surveys.core.tokens import Purpose
from surveys.customers.models import Customer
from surveys.delivery import letters
from surveys.delivery.actions.enqueue import message_ids
from surveys.delivery.models import Delivery, Invitation, Kind
from surveys.inbox import letter_words, rich
from surveys.inbox.models import Conversation, Message, MessageKind
from surveys.responses.models import Response

QUOTED_MESSAGES: Final = 5
QUOTED_CHARACTERS: Final = 5_000  # of each
_ANSWERS: Final = re.compile(
    r"\A(?:(?:re|aw|sv|vs|antw|odp|ynt|tr|ref|fwd?|wg)(?:\[\d+\])?\s*[:：]\s*)+", re.IGNORECASE
)
_OURS: Final = (MessageKind.REPLY, MessageKind.AUTOMATIC)
_MAILS: Final = (*_OURS, MessageKind.INBOUND, MessageKind.BY_HAND)


# ── The thread ───────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Thread:
    """What makes mail programs show this mail beside those before it: the subject, and the mails that it answers."""

    subject: str
    in_reply_to: str = ""
    references: tuple[str, ...] = ()


def thread(conversation: Conversation) -> Thread:
    """It begins with the survey mail, if there was one. What is answered is the customer's latest mail, or else ours."""
    ask = _ask(conversation)
    mails = (
        Message.objects.filter(conversation_id=conversation.pk, kind__in=_MAILS).exclude(message_id="").order_by("pk")
    )
    named = list(mails.values_list("kind", "message_id"))
    ids = message_ids([*([ask.message_id] if ask else []), *(message_id for _kind, message_id in named)])
    heard = message_ids([message_id for kind, message_id in named if kind == MessageKind.INBOUND])
    return Thread(answering(_subject(conversation)), (heard or ids or [""])[-1], tuple(ids))


def answering(subject: str) -> str:
    """ "Re: " once, whatever stood before it and in whichever language."""
    return f"Re: {_ANSWERS.sub('', placeholders.single_line(subject))}"


def _ask(conversation: Conversation) -> Delivery | None:
    if conversation.response is None or conversation.response.invitation_id is None:
        return None
    return Delivery.objects.filter(invitation=conversation.response.invitation_id, kind=Kind.ASK).first()


def _subject(conversation: Conversation) -> str:
    return conversation.subject or _of_survey(conversation) or _of_rule(conversation) or _of_nothing(conversation)


def _of_survey(conversation: Conversation) -> str:
    """As the customer's own mail had it: mail programs look at that, too."""
    customer, response = conversation.customer, conversation.response
    ask = _ask(conversation)
    if customer is None or response is None or ask is None:
        return ""
    invitation = Invitation.objects.get(pk=response.invitation_id or 0)
    of_version = Wording.objects.filter(campaign=response.campaign_id, version=invitation.version).order_by("pk")
    wording = of_version.filter(language=invitation.language).first() or of_version.first()
    if wording is None:
        return ""
    to = ask.to_address or customer.email or ""
    return letters.subject_for(
        wording, conversation.organization, variant=invitation.variant, name=customer.name, email=to
    )


def _of_rule(conversation: Conversation) -> str:
    mails = Message.objects.filter(conversation_id=conversation.pk, kind=MessageKind.AUTOMATIC, delivery__isnull=False)
    first = mails.select_related("delivery").order_by("pk").first()
    content = first.delivery.content if first and first.delivery else None
    return str(content["subject"]) if content else ""


def _of_nothing(conversation: Conversation) -> str:
    with translation.override(language_of(conversation)):
        return letter_words.subject(conversation.organization.name)


def language_of(conversation: Conversation) -> str:
    """In which all words around a reply are: the customer's own where we speak it, else that of the survey mail."""
    wanted = _spoken(conversation)
    return next((code for each in wanted for code in languages.candidates(each) if code in languages.ALL), "en")


def _spoken(conversation: Conversation) -> Iterator[str]:
    customer, response = conversation.customer, conversation.response
    yield customer.language if customer else ""
    asked = Invitation.objects.filter(pk=(response.invitation_id if response else None) or 0)
    yield asked.values_list("language", flat=True).first() or ""
    yield conversation.organization.default_language


# ── Who writes ───────────────────────────────────────────────────────────────────────────────────────────────────────
def sender(organization: Organization, person: User | None) -> str:
    """ "Ada at Northwind" at the address that the organization has confirmed: as a mail header has it."""
    return formataddr((sender_name(organization, person), organization.sender_email or senders.default_address()))


def sender_name(organization: Organization, person: User | None) -> str:
    company = organization.sender_name or organization.name
    name = _("%(person)s at %(company)s") % {"person": person, "company": company} if person else company
    return placeholders.single_line(name)


# ── What it says ─────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Quoted:
    """Something that was written before."""

    said: str  # who wrote it, and when
    text: str

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()


@dataclass(frozen=True)
class Body:
    text: str
    html: str


def body(conversation: Conversation, text: str, by: User | None) -> Body:
    """`text` with the signature and the history below, in the customer's language."""
    language = language_of(conversation)
    with translation.override(language):
        context = {
            "text": rich.plain(text),
            "html": rich.html(text),
            "person": str(by) if by else "",
            "company": conversation.organization.name,
            "history": list(_history(conversation)),
            "language": language,
            "direction": "rtl" if languages.is_right_to_left(language) else "ltr",
        }
        plain = render_to_string("emails/reply/body.txt", context)
        return Body(
            letters.short_lines(plain), letters.short_lines(render_to_string("emails/reply/body.html", context))
        )


def _history(conversation: Conversation) -> Iterator[Quoted]:
    """The latest first; the answer to the survey last."""
    mails = Message.objects.filter(conversation_id=conversation.pk, kind__in=_MAILS).select_related("author")
    for message in mails.order_by("-pk")[:QUOTED_MESSAGES]:
        yield Quoted(_wrote(_name(conversation, message), message.at, conversation), _shortened(message))
    response = conversation.response
    if response is not None and response.comment:
        yield Quoted(_answered(response, conversation), response.comment[:QUOTED_CHARACTERS])


def _shortened(message: Message) -> str:
    text = rich.plain(message.text) if message.kind in _OURS else message.text
    return text[:QUOTED_CHARACTERS]


def _name(conversation: Conversation, message: Message) -> str:
    if message.kind in _OURS:
        return str(message.author or conversation.organization.name)
    return _named(conversation.customer)


def _named(customer: Customer | None) -> str:
    return (customer.name or customer.email or "") if customer else ""


def _wrote(name: str, at: datetime, conversation: Conversation) -> str:
    return letter_words.wrote(_when(at, conversation), placeholders.single_line(name))


def _answered(response: Response, conversation: Conversation) -> str:
    name = placeholders.single_line(_named(conversation.customer))
    return letter_words.answered(_when(response.responded_at, conversation), name, response.score)


def _when(at: datetime, conversation: Conversation) -> str:
    return date_format(at.astimezone(ZoneInfo(conversation.organization.time_zone)), "DATETIME_FORMAT")


# ── Rules ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def rules_body(conversation: Conversation, text: str) -> Body:
    """As its author wrote it: a rule's text says itself who signs it, and quotes nothing."""
    language = language_of(conversation)
    context = {"html": rich.html(text), "language": language, "history": ()}
    context |= {"direction": "rtl" if languages.is_right_to_left(language) else "ltr"}
    html = render_to_string("emails/reply/body.html", context)
    return Body(letters.short_lines(rich.plain(text)), letters.short_lines(html))


def unsubscribe_url(response: Response | None) -> str:
    """Where one click ends surveys and what rules write; "" for somebody whom nobody asked."""
    if response is None or response.invitation_id is None:
        return ""
    return f"{settings.PUBLIC_URL}/u/{tokens.make(Purpose.UNSUBSCRIBE, response.invitation_id)}/"
