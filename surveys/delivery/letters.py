"""What is written to customers: the ask and its reminders as letters with gaps, compiled once for each wording and look."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import formataddr
from functools import lru_cache
from typing import Any, Final, Self
from urllib.parse import quote, urlsplit

import mjml
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext, override

from surveys.accounts.models import Organization
from surveys.accounts.queries import logos, senders
from surveys.accounts.queries.logos import LogoLook
from surveys.campaigns.design import Design
from surveys.campaigns.models import Campaign, Wording
from surveys.core import bidi, brand, folded_tokens, languages, mail, placeholders, tokens
from surveys.core.mail import Letter, Marks, Skeleton
from surveys.core.placeholders import Parts
from surveys.core.tokens import Purpose
from surveys.delivery.models import REMINDERS, Kind

UNSUBSCRIBE_LETTER: Final = "u"  # how addresses begin that end mail to whoever was asked
LONGEST_LINE = 240  # characters; leaves room for what is filled in before a line has the 998 bytes that SMTP allows


NO_DESIGN: Final = Design()


@dataclass(frozen=True)
class Manner:
    """Which mail of a campaign: of which design, in which variant, the ask or a reminder.

    `reminders` are the texts of reminders, where they are not those of the wording.
    """

    design: Design = NO_DESIGN
    variant: str = ""
    kind: str = Kind.ASK.value
    reminders: tuple[dict[str, str], ...] = ()

    @property
    def sender_name(self) -> str:
        variant = self.design.variant(self.variant)
        return (variant.sender_name if variant else "") or self.design.sender_name

    @property
    def reminder(self) -> int | None:
        """From 0; None for the ask."""
        return REMINDERS.index(Kind(self.kind)) if self.kind in REMINDERS else None


THE_ASK: Final = Manner()


def manner(design: Design, said: Mapping[str, str]) -> Manner:
    """Which mail somebody wants to see: `variant` is one of the design's, `reminder` a number from 1."""
    kind, variant = f"reminder-{said.get('reminder', '')}", said.get("variant", "")
    return Manner(design, variant if design.variant(variant) else "", kind if kind in REMINDERS else Kind.ASK.value)


@dataclass(frozen=True)
class Ask:
    """Everything that shapes the mail of an ask, or of a reminder of it; what is equal is compiled once."""

    campaign: int
    kind: str
    slug: str
    company: str
    postal_address: str
    brand_color: str
    sender_name: str
    sender_email: str
    reply_to: str
    logo: LogoLook | None
    language: str
    subject: str
    intro: str
    question: str
    low_label: str
    high_label: str

    @classmethod
    def of(cls, campaign: Campaign, wording: Wording, organization: Organization, manner: Manner = THE_ASK) -> Self:
        subject, intro = _subject_and_intro(wording, manner)
        return cls(
            campaign=campaign.pk,
            kind=manner.kind,
            slug=organization.slug,
            company=placeholders.single_line(organization.name),
            postal_address=placeholders.single_line(organization.postal_address),
            brand_color=manner.design.brand_color or organization.brand_color,
            sender_name=manner.sender_name or organization.sender_name or organization.name,
            sender_email=organization.sender_email or senders.default_address(),
            reply_to=manner.design.reply_to or organization.reply_to,
            logo=logos.of(organization),
            language=wording.language,
            subject=placeholders.single_line(subject),
            intro=placeholders.printable(intro),
            question=placeholders.printable(wording.question),
            low_label=placeholders.single_line(wording.low_label),
            high_label=placeholders.single_line(wording.high_label),
        )

    @property
    def sender(self) -> str:
        """As a mail header has it: encoded and quoted where the standard asks for it."""
        return formataddr((placeholders.single_line(self.sender_name), self.sender_email))

    @property
    def readable_sender(self) -> str:
        """As people write it."""
        return f"{placeholders.single_line(self.sender_name)} <{self.sender_email}>"


def subject_for(wording: Wording, organization: Organization, *, variant: str, name: str, email: str) -> str:
    """The subject of the ask, as this person had it."""
    written, _intro = _subject_and_intro(wording, Manner(variant=variant))
    known = placeholders.values(name=name, email=email, company=organization.name, language=wording.language)
    return placeholders.single_line(placeholders.fill(placeholders.parse(written), known))


def _subject_and_intro(wording: Wording, manner: Manner) -> tuple[str, str]:
    """What a variant or a reminder does not say of its own is as in the ask; the subject of a reminder answers it."""
    own: dict[str, str] = wording.variants.get(manner.variant, {})
    subject, intro = own.get("subject") or wording.subject, own.get("intro") or wording.intro
    if manner.reminder is None:
        return subject, intro
    texts = manner.reminders or wording.reminders
    written = texts[manner.reminder] if manner.reminder < len(texts) else {}
    return written.get("subject") or f"Re: {subject}", written.get("intro") or intro


@lru_cache(maxsize=128)
def letter(ask: Ask) -> Letter:
    """The mail with gaps for names and for the tokens of its links."""
    with override(ask.language):
        text, html = _bodies(ask)
    return Letter(
        subject=placeholders.parse(ask.subject),
        text=text,
        html=html,
        from_email=ask.sender,
        reply_to=ask.reply_to,
        headers=_headers(ask),
    )


@lru_cache(maxsize=128)
def skeleton(ask: Ask) -> Skeleton:
    return Skeleton(letter(ask))


def _headers(ask: Ask) -> tuple[tuple[str, Parts], ...]:
    return (
        ("List-Unsubscribe", _unsubscribe()),
        ("List-Unsubscribe-Post", ("List-Unsubscribe=One-Click",)),
        ("List-Id", (f"<campaign-{ask.campaign}.{ask.slug}.{host()}>",)),
        ("Feedback-ID", (f"campaign-{ask.campaign}:{ask.slug}:{ask.kind}:nps",)),
        ("Auto-Submitted", ("auto-generated",)),
        ("X-Auto-Response-Suppress", ("OOF, AutoReply",)),
        *_thread(ask),
    )


def _unsubscribe() -> Parts:
    """The address that RFC 8058 asks for; one for mails only where somebody reads what comes there, we ourselves at best."""
    web: Parts = (f"<{settings.PUBLIC_URL}/u/", mail.UNSUBSCRIBE, "/>")
    if settings.INBOUND_DOMAIN:
        return (
            *web,
            f", <mailto:{UNSUBSCRIBE_LETTER}.",
            mail.MAILED_UNSUBSCRIBE,
            f"@{settings.INBOUND_DOMAIN}?subject=unsubscribe>",
        )
    if not settings.UNSUBSCRIBE_MAILTO:
        return web
    return (*web, f", <mailto:{settings.UNSUBSCRIBE_MAILTO}?subject={quote('unsubscribe ')}", mail.UNSUBSCRIBE, ">")


def _thread(ask: Ask) -> Iterator[tuple[str, Parts]]:
    """A reminder answers the ask, so that mail programs show both as one conversation."""
    if ask.kind != Kind.ASK:
        yield "In-Reply-To", (mail.ASKED,)
        yield "References", (mail.ASKED,)


def host() -> str:
    return urlsplit(settings.PUBLIC_URL).hostname or "localhost"


# ── Bodies ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def _bodies(ask: Ask) -> tuple[Parts, Parts]:
    marks = Marks()
    context = _context(ask, marks)
    text = render_to_string("emails/ask/body.txt", context)
    html = mjml.mjml2html(render_to_string("emails/ask/body.mjml", context), fonts={}, disable_comments=False)
    return marks.split(short_lines(text)), marks.split(short_lines(html))


def _context(ask: Ask, marks: Marks) -> dict[str, Any]:
    right_to_left = languages.is_right_to_left(ask.language)
    texts = {name: marks.mark(placeholders.parse(getattr(ask, name))) for name in ("subject", "intro", "question")}
    return {
        **texts,
        "company": bidi.isolated(ask.company, ask.language),
        "logo": ask.logo,
        "logo_url": f"{settings.PUBLIC_URL}{ask.logo.path}" if ask.logo else "",
        "postal_address": ask.postal_address,
        "low_label": ask.low_label,
        "high_label": ask.high_label,
        "scores": list(_scores(ask)),
        "answer_url": marks.mark((f"{settings.PUBLIC_URL}/r/", mail.ANSWER, "/")),
        "preferences_url": marks.mark((f"{settings.PUBLIC_URL}/p/", mail.PREFERENCES, "/")),
        "unsubscribe_url": marks.mark((f"{settings.PUBLIC_URL}/u/", mail.UNSUBSCRIBE, "/")),
        "brand_day": brand.readable_on(brand.LIGHT_GROUND, ask.brand_color),
        "brand_night": brand.readable_on(brand.DARK_GROUND, ask.brand_color),
        "language": ask.language,
        "direction": "rtl" if right_to_left else "ltr",
        "start": "right" if right_to_left else "left",
        "end": "left" if right_to_left else "right",
    }


def _scores(ask: Ask) -> list[dict[str, object]]:
    ends = {0: ask.low_label, 10: ask.high_label}
    return [
        {"value": score, "end": ends.get(score, ""), "label": _label(score, ends.get(score))} for score in range(11)
    ]


def _label(score: int, end: str | None) -> str:
    said = gettext("%(score)d out of 10") % {"score": score}
    return f"{said}, {end}" if end else said


def short_lines(text: str) -> str:
    """Longer lines are broken at a space, which HTML shows as the same space."""
    return "\n".join(piece for line in text.split("\n") for piece in _broken(line))


def _broken(line: str) -> list[str]:
    pieces = []
    while len(line) > LONGEST_LINE and (space := line.rfind(" ", 1, LONGEST_LINE)) > 0:
        pieces.append(line[:space])
        line = line[space + 1 :]
    return [*pieces, line]


# ── One recipient ───────────────────────────────────────────────────────────────────────────────────────────────────
def values(
    *, company: str, name: str, email: str, invitation: int, asked: str = "", language: str = "en"
) -> dict[str, str]:
    """What fills the gaps of an ask for one person; of a reminder with the Message-ID of what was `asked`."""
    return placeholders.values(name=name, email=email, company=company, language=language) | {
        mail.ASKED.name: asked,
        mail.ANSWER.name: tokens.make(Purpose.ANSWER, invitation),
        mail.UNSUBSCRIBE.name: tokens.make(Purpose.UNSUBSCRIBE, invitation),
        mail.MAILED_UNSUBSCRIBE.name: folded_tokens.make(folded_tokens.Purpose.UNSUBSCRIBE, invitation),
        mail.PREFERENCES.name: tokens.make(Purpose.PREFERENCES, invitation),
    }


def message_id(delivery: int) -> str:
    """The same for every copy of a delivery, so that mailboxes which drop repeated messages show one."""
    return f"<{tokens.make(Purpose.MESSAGE, delivery)}@{host()}>"


def delivery_of(message_id: str) -> int | None:
    """The delivery that a Message-ID of ours names."""
    return tokens.read(Purpose.MESSAGE, token_of(message_id))


def token_of(message_id: str) -> str:
    """What names the delivery in its Message-ID, and in what a provider keeps with it."""
    return message_id.strip().strip("<>").partition("@")[0]


# ── To look at ──────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Rendered:
    """One mail as its recipient would get it. `sender` is the header, `readable_sender` what is shown of it."""

    sender: str
    readable_sender: str
    reply_to: str
    subject: str
    text: str
    html: str


def rendered_test(campaign: Campaign, wording: Wording, *, name: str, email: str, manner: Manner = THE_ASK) -> Rendered:
    """The mail as this person would get it. Its links are those of a test: they carry the campaign and record nothing."""
    ask = Ask.of(campaign, wording, campaign.organization, manner)
    token = tokens.make(Purpose.TEST, campaign.pk)
    known = placeholders.values(name=name, email=email, company=ask.company, language=ask.language)
    links = dict.fromkeys((mail.ANSWER.name, mail.UNSUBSCRIBE.name, mail.PREFERENCES.name), f"test/{token}")
    filled = letter(ask).filled(known | links)
    return Rendered(ask.sender, ask.readable_sender, ask.reply_to, filled.subject, filled.text, filled.html)
