"""No field of anybody adds a header, a recipient or a part to a mail: it is refused, or it arrives as harmless text."""

import re
from datetime import timedelta
from html import unescape
from typing import Any, Final

import pytest
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from surveys.accounts.models import Organization, User
from surveys.campaigns.models import Campaign, CampaignVersion, Wording
from surveys.customers.models import Customer
from surveys.delivery import actions, sending
from surveys.delivery.models import Delivery, Invitation, Kind, Queue, State
from tests import factories
from tests.attacks import wire
from tests.campaigns.forms import message
from tests.delivery.world import live_campaign, plan
from tests.helpers.smtp import Received, SmtpSink
from tests.people import Person

BCC: Final = f"Bcc: {wire.THIEF}"
EVIL: Final = {
    "CR LF": f"x\r\n{BCC}",
    "LF": f"x\n{BCC}",
    "CR": f"x\r{BCC}",
    "folded": f"x\r\n {BCC}\r\nX-Evil: 1",
    "a new body": "x\r\n\r\n<b>another body</b>",
    "the end of the message": f"x\r\n.\r\nMAIL FROM:<{wire.THIEF}>\r\n",
    "line separators of Unicode": f"x\u2028{BCC}\u2029{BCC}\x85{BCC}",
    "vertical tabs": f"x\x0b{BCC}\x0c{BCC}\x1c{BCC}\x1d{BCC}\x1e{BCC}",
    "an encoded word": f"=?utf-8?Q?x=0D=0A{BCC.replace(' ', '_')}?=",
    "an encoded word in base64": "=?utf-8?B?eA0KQmNjOiB0aGllZkBldmlsLmV4YW1wbGU=?=",
    "another address": f'"x" <{wire.THIEF}>, y',
    "quotes and brackets": f'x" <{wire.THIEF}>; \\" (comment) >',
    "another part": '\r\n--=_x\r\nContent-Type: text/html\r\n\r\n<script src="//evil.example"></script>',
    "letters beyond ASCII": f"Zoë\r\n{BCC} 🎉",
    "a long one": f"{'w ' * 40}\r\n{BCC}",
}
TEXTS: Final = ("subject", "intro", "question", "low_label", "high_label", "comment_prompt")


def cut(text: str, model: type[Model], field: str) -> str:
    """As much of it as the column takes."""
    return text[: getattr(model._meta.get_field(field), "max_length", None)]


def written_into_rows(alice: Person, evil: str) -> Campaign:
    """As if it had come by a road without forms: an import, another version, a restored backup."""
    of_organization = {name: cut(evil, Organization, name) for name in ("name", "sender_name", "postal_address")}
    Organization.objects.filter(pk=alice.organization.pk).update(**of_organization)
    alice.organization.refresh_from_db()
    campaign = live_campaign(alice.organization, cut(evil, Campaign, "name"), reminders=1, reminder_days=2)
    texts: dict[str, Any] = {name: cut(evil, Wording, name) for name in TEXTS}
    own = {"subject": evil, "intro": evil}
    Wording.objects.filter(campaign=campaign).update(**texts, reminders=[own], variants={"B": own})
    variants = [{"key": "A", "share": 0, "sender_name": evil}, {"key": "B", "share": 10_000, "sender_name": evil}]
    CampaignVersion.objects.create(
        organization=alice.organization,
        campaign=campaign,
        number=campaign.version,
        design={"sender_name": evil, "variants": variants},
        created_at=timezone.now(),
    )
    Customer.objects.filter(organization=alice.organization).update(suppression="blocked")  # of the round before
    factories.customer(alice.organization, "ada@example.com", name=evil, properties={"note": evil, "plan": evil})
    return campaign


def sent(sink: SmtpSink, *queues: Queue) -> list[Received]:
    for queue in queues:
        sending.send_due(queue)
    return list(sink.received)


@pytest.mark.parametrize("name", EVIL)
def test_whatever_the_rows_say_a_mail_stays_one_mail(alice: Person, smtp_sink: SmtpSink, name: str) -> None:
    evil = EVIL[name]
    campaign = written_into_rows(alice, evil)
    plan(campaign)
    sending.send_due(Queue.BULK)
    asked_at = timezone.now() - timedelta(days=4)
    Delivery.objects.update(sent_at=asked_at)
    Invitation.objects.update(sent_at=asked_at, remind_at=asked_at + timedelta(days=3))
    actions.remind(at=timezone.now())
    sending.send_due(Queue.BULK)
    alice.post(alice.url("delivery:test", pk=campaign.pk))

    mails = sent(smtp_sink, Queue.EMAIL)

    assert {mail.recipient for mail in mails} <= {"ada@example.com", "alice@example.com"}
    assert [wire.problems(mail, to=mail.recipient) for mail in mails] == [[]] * len(mails)
    kinds = dict(Delivery.objects.order_by("id").values_list("kind", "state"))
    assert kinds == dict.fromkeys([Kind.ASK, Kind.REMINDER_1, Kind.TEST], State.SENT), "a bad value holds nothing up"


ADDRESSES: Final = (
    f"ada@example.com\r\n{BCC}",
    f"ada@example.com\n{BCC}",
    f"ada@example.com, {wire.THIEF}",
    f"ada@example.com> RCPT TO:<{wire.THIEF}",
    f'"ada@example.com, {wire.THIEF}"@example.com',
    "ada@example.com\x00",
    f"ada@example.com\u2028{wire.THIEF}",
    f"Ada <{wire.THIEF}>",
)


def test_no_address_brings_another_recipient(alice: Person, smtp_sink: SmtpSink) -> None:
    """The customer's, the sender's and the one for replies, as rows and as what somebody types."""
    for address in ADDRESSES:
        typed = {"email": address, "name": "Ada"}
        answer = alice.post(alice.url("customers:new"), typed)
        assert answer.status_code == 200, f"{address!r} was taken"
        alice.post(alice.url("accounts:sender"), {"sender_email": address, "reply_to": address, "seen": ""})
        alice.post(alice.url("accounts:people"), {"addresses": address, "role": "agent"})
        if "\0" not in address:
            factories.customer(alice.organization, address[:254])
    alice.organization.refresh_from_db()
    assert (alice.organization.sender_email, alice.organization.reply_to) == ("", "")

    Organization.objects.filter(pk=alice.organization.pk).update(reply_to=f"a@b.example\r\n{BCC}"[:254])
    plan(live_campaign(alice.organization, throttle_days=0))
    mails = sent(smtp_sink, Queue.BULK, Queue.BULK, Queue.EMAIL)

    invited = {"ada@example.com", wire.THIEF}  # who types a list of colleagues may invite both: as two mails
    asked = [mail for mail in mails if mail.recipient not in invited]
    assert [wire.problems(mail, to=mail.recipient) for mail in mails] == [[]] * len(mails)
    assert not [mail for mail in asked if wire.THIEF in mail.recipient.split(",")]
    assert all(mail.raw.count(b"\r\nTo: ") == 1 for mail in mails)


def test_mails_of_the_product_carry_names_as_text(alice: Person, smtp_sink: SmtpSink) -> None:
    """An invite, a confirmation of a sender address and a reset, of people and organizations with evil names."""
    for number, evil in enumerate(EVIL.values()):
        User.objects.filter(pk=alice.membership.user_id).update(name=evil[:150])
        Organization.objects.filter(pk=alice.organization.pk).update(name=evil[:100])
        alice.post(alice.url("accounts:people"), {"addresses": f"colleague{number}@example.com", "role": "agent"})
    alice.post(alice.url("accounts:sender"), {"sender_email": "boss@acme.example", "sender_name": "x", "seen": ""})
    evil_browser = Client(headers={"user-agent": f"Mozilla/5.0 {BCC}", "host": "testserver"})
    evil_browser.post("/accounts/password/reset/", {"email": "alice@example.com"})

    mails = sent(smtp_sink, Queue.EMAIL, Queue.EMAIL)

    assert len({mail.recipient for mail in mails}) == len(EVIL) + 2
    assert [wire.problems(mail, to=mail.recipient) for mail in mails] == [[]] * len(mails)
    assert not [mail for mail in mails if re.search(r"<script|<b>another", mail.html)]


def test_what_people_type_into_one_line_is_refused_when_it_has_two(alice: Person) -> None:
    """Every form whose words reach a header says so, and stores nothing."""
    campaign = factories.campaign(alice.organization)
    for name in ("CR LF", "LF", "CR", "line separators of Unicode", "vertical tabs", "a new body"):
        evil = EVIL[name]
        answers = [
            alice.post(
                alice.url("accounts:settings"), {"name": evil, "slug": "acme", "time_zone": "UTC", "week_start": 1}
            ),
            alice.post(alice.url("accounts:sender"), {"sender_name": evil, "seen": ""}),
            alice.post(alice.url("accounts:sender"), {"postal_address": evil, "seen": ""}),
            alice.post("/organizations/new/", {"name": evil}),
            message(alice, campaign.pk, subject=evil),
        ]
        assert [answer.status_code for answer in answers] == [200] * len(answers), name
    alice.organization.refresh_from_db()
    stored = [alice.organization.name, alice.organization.sender_name, alice.organization.postal_address]
    stored += Wording.objects.values_list("subject", flat=True)
    assert not [text for text in stored if wire.THIEF in text]


SYNTAX: Final = (
    "{{ 7|add:7 }} {% debug %} {{ settings.SECRET_KEY }} {# gone #} ${7*7} #{7*7} %s %(name)s {0} {name} "
    "<mj-text>m</mj-text> <mj-include path=/etc/passwd /> <b>bold</b> <!-- c --> [[${7*7}]] `id` @@"
)


def test_the_words_of_template_engines_arrive_as_they_were_written(alice: Person, smtp_sink: SmtpSink) -> None:
    """In both parts of the mail, in its subject, and on the customer's page. Only known placeholders are filled."""
    campaign = written_into_rows(alice, SYNTAX)
    plan(campaign)
    mail = sent(smtp_sink, Queue.BULK)[0]
    page = Client().get(re.search(r"/r/[\w-]+/9/", mail.text)[0]).content.decode()  # type: ignore[index]

    for part in (mail.text, _visible(mail.html), _visible(page), wire.readable(mail, "Subject")):
        for piece in re.findall(r"\S+", SYNTAX):
            assert piece in part, piece
    assert "49" not in wire.readable(mail, "Subject")
    assert not re.search(r"<b>bold|<mj-\w+|<!-- c", mail.html + page)
    assert "root:" not in mail.html


def _visible(html: str) -> str:
    return unescape(re.sub(r"\s+", " ", html))
