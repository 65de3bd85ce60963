"""What the bell has told whoever looks at the sample, and mail that belongs to no conversation. No mail goes out for it."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any, Final

from surveys.accounts.models import Membership
from surveys.alerts.models import Matter, Notification
from surveys.core.choices import Category
from surveys.inbox.inbound import parsing
from surveys.inbox.inbound.contents import Content
from surveys.inbox.models import InboundMail, MessageKind, Outcome
from surveys.samples.loop import words
from surveys.samples.loop.talk import Talk
from surveys.samples.loop.voices import Voice

_MOST: Final = 24
_NEW: Final = 7
_ANSWERS: Final = 6  # of detractors, the latest
_SETTLED: Final = timedelta(minutes=2)


def ring(by: Membership, talks: Sequence[Talk], said: Sequence[Voice], at: datetime) -> None:
    mails = _leave_mails(by, at)
    found = [*_of_talks(by, talks), *_of_answers(by, said), *_of_mails(by, mails)]
    latest = sorted((each for each in found if each.at < at), key=lambda each: each.at)[-_MOST:]
    for each in latest[:-_NEW]:
        each.seen_at = each.at + timedelta(minutes=50)
    Notification.objects.bulk_create(latest)


def _of_talks(by: Membership, talks: Sequence[Talk]) -> Iterator[Notification]:
    """As conversations tell: what became theirs, was written in what is theirs, named them, was handed up to them."""
    for talk in talks:
        for note in talk.messages:
            if by.user_id in note.mentions:
                yield _told(by, talk, Matter.MENTIONED, "noted", note.at, by=note.author_id, message=note.pk)
        whose = None
        for change in talk.changes:
            if change.kind == "assigned":
                whose = change.facts["to"]
                if whose == by.user_id != change.actor_id:
                    yield _told(by, talk, Matter.ASSIGNED, "assigned", change.at)
            elif change.kind == "escalated" and change.facts["to"] == by.user_id:
                yield _told(by, talk, Matter.OVERDUE, "escalated", change.at, escalated=True)
            elif change.kind == "heard" and whose == by.user_id:
                yield _told(by, talk, Matter.REPLIED, "heard", change.at, message=_heard(talk, change.at))
            elif change.kind == "overdue" and whose == by.user_id:
                yield _told(by, talk, Matter.OVERDUE, "overdue", change.at)


def _heard(talk: Talk, at: datetime) -> int:
    return next(each.pk for each in talk.messages if each.at == at and each.kind == MessageKind.INBOUND)


def _told(member: Membership, talk: Talk, matter: Matter, kind: str, at: datetime, **facts: Any) -> Notification:
    found = talk.conversation
    return Notification(
        organization=member.organization,
        user=member.user,
        key=f"sample.{kind}:{found.pk}:{at.isoformat()}",
        matter=matter,
        response_id=found.response_id,
        conversation_id=found.pk,
        facts={"customer": found.customer_id, **facts},
        at=at,
    )


def _of_answers(by: Membership, said: Sequence[Voice]) -> Iterator[Notification]:
    low = [voice for voice in said if voice.category is Category.DETRACTOR]
    for voice in low[-_ANSWERS:]:
        yield Notification(
            organization=by.organization,
            user=by.user,
            key=f"sample.answer:{voice.response}",
            matter=Matter.RESPONSE,
            response_id=voice.response,
            facts={},
            at=voice.at + _SETTLED,
        )


def _of_mails(by: Membership, mails: Sequence[InboundMail]) -> Iterator[Notification]:
    for mail in mails:
        yield Notification(
            organization=by.organization,
            user=by.user,
            key=f"unrouted:{mail.received_at:%Y-%m-%dT%H}",
            matter=Matter.UNROUTED,
            facts={"mail": mail.pk},
            at=mail.received_at,
        )


# ── Mail that belongs nowhere ──


def _leave_mails(by: Membership, at: datetime) -> list[InboundMail]:
    """At an address of the company's own, which nobody can write to."""
    to = f"answers@northwind-tools-{by.organization_id}.example"
    made = [_mail(by, to, *stray, at) for stray in words.STRAY]
    return InboundMail.objects.bulk_create(sorted(made, key=lambda mail: mail.received_at))


def _mail(by: Membership, to: str, sender: str, subject: str, text: str, hours: int, at: datetime) -> InboundMail:
    received = at - timedelta(hours=hours)
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = sender, to, subject
    letter["Date"] = format_datetime(received)
    letter["Message-ID"] = f"<sample-{hours}@{sender.partition('@')[2]}>"
    letter.set_content(text)
    return InboundMail(
        organization=by.organization,
        key=letter["Message-ID"],
        road="smtp",
        received_at=received,
        outcome=Outcome.UNROUTED,
        reason="The address that it was sent to is none of a conversation.",
        to_address=to,
        from_address=sender,
        subject=subject,
        raw=letter.as_bytes(),
        content=asdict(Content.of(parsing.parse(letter.as_bytes()))),
    )
