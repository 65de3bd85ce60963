"""The mails of a campaign: its ask, its variants, its reminders, as bytes and as Django writes them."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from django.test import override_settings

from surveys.campaigns.design import Design, Variant
from surveys.campaigns.models import Campaign, CampaignVersion
from surveys.core.mail import Address
from surveys.delivery import letters
from surveys.delivery.letters import Ask, Manner
from surveys.delivery.models import Delivery, Kind
from tests import factories
from tests.people import Person

DATE = "Thu, 01 Jan 2026 12:00:00 +0000"
ASKED = "<AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxw@surveys.a-rather-long-name.example.com>"
DESIGN = Design(
    variants=(Variant("A", 5000), Variant("B", 5000, "Zoë at Acme")),
    sender_name="Acme, Inc.",
    reply_to="hello@acme.example",
    brand_color="#804000",
)
TEXTS: dict[str, Any] = {
    "subject": "How are we doing, {{ first_name|there }}?",
    "variants": {"B": {"subject": "Grüße, {{ name }}", "intro": "Another beginning"}},
    "reminders": [{"subject": "", "intro": "We wrote to you last week."}, {"subject": "Last call – {{ company }}"}],
}


@pytest.fixture
def pulse(alice: Person) -> Campaign:
    campaign = factories.campaign(alice.organization)
    campaign.wordings.all().delete()
    factories.wording(campaign, **TEXTS)
    return campaign


def ask(campaign: Campaign, variant: str = "", kind: str = Kind.ASK.value, design: Design = DESIGN) -> Ask:
    return Ask.of(campaign, campaign.wordings.get(), campaign.organization, Manner(design, variant, kind))


def written(of: Ask) -> EmailMessage:
    """The skeleton's bytes, which must be Django's."""
    address = Address("ada@example.com", "<a@b>", DATE)
    values = letters.values(company=of.company, name="Ada Okafor", email=address.to, invitation=7, asked=ASKED)
    reference = letters.letter(of).message(address, values).message()
    reference.set_boundary(letters.skeleton(of).boundary)
    found = letters.skeleton(of).message(address, values)
    assert found == reference.as_bytes(linesep="\r\n")  # type: ignore[call-arg]
    message = message_from_bytes(found, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def text(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


@pytest.mark.django_db
def test_a_campaign_has_its_own_sender_answer_address_and_colour_and_a_variant_its_own_words(pulse: Campaign) -> None:
    usual, other = written(ask(pulse, "A")), written(ask(pulse, "B"))
    assert [usual["Subject"], other["Subject"]] == ["How are we doing, Ada?", "Grüße, Ada Okafor"]
    assert [each["From"].addresses[0].display_name for each in (usual, other)] == ["Acme, Inc.", "Zoë at Acme"]
    assert usual["Reply-To"] == other["Reply-To"] == "hello@acme.example"
    assert text(other).startswith("Another beginning")
    assert "we would like to hear" in text(usual)
    html = usual.get_body(("html",))
    assert html is not None
    assert "#804000" in html.get_content()
    plain = ask(pulse, design=Design())
    assert (plain.sender_name, plain.reply_to) == ("Acme", "")
    assert plain.brand_color != "#804000"


@pytest.mark.django_db
def test_a_reminder_answers_the_first_mail_in_its_thread_and_is_told_apart(pulse: Campaign) -> None:
    first, second = (written(ask(pulse, "B", kind)) for kind in (Kind.REMINDER_1, Kind.REMINDER_2))
    asked = written(ask(pulse, "B"))
    assert [first["Subject"], second["Subject"]] == ["Re: Grüße, Ada Okafor", "Last call – Acme"]
    assert text(first).startswith("We wrote to you last week.")
    assert text(second).startswith("Another beginning")
    for mail in (first, second):
        assert mail["In-Reply-To"].strip() == mail["References"].strip() == ASKED
        assert mail["List-Id"] == asked["List-Id"]
        assert mail["List-Unsubscribe"] == asked["List-Unsubscribe"]
    assert "In-Reply-To" not in asked
    kinds = [str(mail["Feedback-ID"]).split(":")[2] for mail in (asked, first, second)]
    assert kinds == ["ask", "reminder-1", "reminder-2"]


@pytest.mark.django_db
def test_equal_mails_are_compiled_once(pulse: Campaign) -> None:
    letters.letter.cache_clear()
    for _again in range(3):
        for kind in (Kind.ASK, Kind.REMINDER_1):
            letters.letter(ask(pulse, "A", kind))
    assert letters.letter.cache_info().misses == 2


@pytest.mark.django_db
@override_settings(PUBLIC_URL="https://s.example")
def test_a_short_message_id_is_not_folded(pulse: Campaign) -> None:
    assert written(ask(pulse, kind=Kind.REMINDER_1))["In-Reply-To"]


@pytest.mark.django_db
def test_each_mail_of_a_campaign_can_be_looked_at_and_tried(alice: Person, pulse: Campaign) -> None:
    CampaignVersion.objects.create(
        organization=alice.organization, campaign=pulse, number=1, design=DESIGN.to_json(), created_at=pulse.created_at
    )
    Campaign.objects.update(reminders=2)

    def seen(query: str) -> str:
        return alice.get(alice.url("delivery:preview", pk=pulse.pk, part="txt") + query).content.decode()

    assert "Subject: How are we doing, Ada?" in seen("")
    assert "From: Zoë at Acme" in seen("?variant=B")
    assert "Subject: Grüße, Ada Okafor" in seen("?variant=B")
    assert "Subject: Re: How are we doing, Ada?" in seen("?reminder=1")
    assert "Subject: Re: Grüße, Ada Okafor" in seen("?variant=B&reminder=1")
    for unknown in ("?variant=Z", "?reminder=9", "?reminder=x"):
        assert seen(unknown) == seen("")
    page = alice.get(alice.url("campaigns:check", pk=pulse.pk)).content.decode()
    assert page.count('name="variant"') == page.count('name="reminder"') == 2
    alice.post(alice.url("delivery:test", pk=pulse.pk), {"reminder": "2"})
    test = Delivery.objects.get(kind=Kind.TEST)
    assert test.content is not None
    assert test.content["subject"] == "[Test] Last call – Acme"
    assert test.content["sender"] == '"Acme, Inc." <' + test.content["sender"].partition("<")[2]


@pytest.mark.parametrize(("address", "ways"), [("", 1), ("leave@example.com", 2)])
def test_unsubscribing_by_mail_is_only_offered_where_somebody_reads_it(
    pulse: Campaign, address: str, ways: int
) -> None:
    """RFC 8058 asks for the web address alone; headers are the same bytes as Django's, folded or not."""
    with override_settings(UNSUBSCRIBE_MAILTO=address, PUBLIC_URL="https://surveys.a-rather-long-name.example.com"):
        letters.letter.cache_clear()
        letters.skeleton.cache_clear()
        found = str(written(ask(pulse))["List-Unsubscribe"]).replace(" ", "").split(",")
    letters.letter.cache_clear()
    letters.skeleton.cache_clear()
    assert found[0].startswith("<https://surveys.a-rather-long-name.example.com/u/")
    assert [one.partition("?")[0] for one in found[1:]] == ["<mailto:leave@example.com"] * (ways - 1)
