"""A customer of each language gets mail and page in it, or in the main language; never in half of two."""

import re
from collections.abc import Iterator
from email.message import EmailMessage
from html import unescape

import pytest
from django.test import Client
from django.utils.translation import gettext, override

from surveys.campaigns import languages as texts
from surveys.campaigns.models import Campaign, Wording
from surveys.campaigns.texts import Words, defaults
from surveys.core import bidi, languages
from surveys.customers.models import Customer
from surveys.delivery import sending
from surveys.delivery.models import Invitation, Queue
from tests import factories
from tests.delivery.world import live_campaign, plan
from tests.helpers.smtp import SmtpSink
from tests.people import Person

pytestmark = pytest.mark.django_db


def campaign_in(alice: Person, *codes: str) -> Campaign:
    """Live, with our words in each of these languages, the first one being the main one."""
    campaign = live_campaign(alice.organization)
    campaign.wordings.all().delete()
    for code in codes:
        mine = {"organization": alice.organization, "campaign": campaign, "version": campaign.version}
        Wording.objects.create(**mine, language=code, **defaults(code).as_dict())
    return campaign


def sent(campaign: Campaign, sink: SmtpSink) -> dict[str, EmailMessage]:
    """The mail of each address."""
    plan(campaign)
    sending.send_due(Queue.BULK)
    return {received.recipient: received.message for received in sink.received}


def text(message: EmailMessage, kind: str = "plain") -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def _unsubscribe(addresses: list[str]) -> str:
    return next(address for address in addresses if "/u/" in address)


def links(message: EmailMessage) -> Iterator[str]:
    """What can be pressed: a score, and unsubscribing."""
    yield from (
        re.sub(r"^https?://[^/]+", "", address) for address in re.findall(r'href="([^"]+)"', text(message, "html"))
    )


def shown(client: Client, address: str) -> str:
    return unescape(client.get(address).content.decode())


def test_every_language_has_its_mail_and_its_page(alice: Person, client: Client, smtp_sink: SmtpSink) -> None:
    people = {
        code: factories.customer(alice.organization, f"{code}@example.com", name="Ada Okafor", language=code)
        for code in languages.ALL
    }
    mails = sent(campaign_in(alice, "en", *languages.TRANSLATED), smtp_sink)

    assert len(mails) == len(people) == 28
    for code in languages.ALL:
        mail, direction = mails[f"{code}@example.com"], "rtl" if languages.is_right_to_left(code) else "ltr"
        first = defaults(code)
        question = first.question.replace("{{ company }}", bidi.isolated("Acme", code))
        with override(code):
            footer, button, unsubscribe = (
                gettext("One click on a number is your answer."),
                gettext("Send"),
                gettext("Unsubscribe"),
            )
        html = " ".join(unescape(text(mail, "html")).split())
        for said in (text(mail), html):
            assert question in said, code
            assert footer in said, code
            assert unsubscribe in said, code
            assert "{{" not in said, code
        assert f'lang="{code}"' in html
        assert f'dir="{direction}"' in html
        assert "Ada" in mail["Subject"], code

        addresses = list(links(mail))
        page = shown(client, addresses[9])
        assert f'<html lang="{code}" dir="{direction}">' in page
        for said in (question, first.high_label, first.comment_prompt, button):
            assert said in page, (code, said)
        with override(code):
            assert gettext("Do you want to unsubscribe?") in shown(client, _unsubscribe(addresses)), code
    assert {each.language for each in Invitation.objects.all()} == set(languages.ALL)


def test_whoever_speaks_something_else_gets_the_nearest_and_then_the_main_language(
    alice: Person, client: Client, smtp_sink: SmtpSink
) -> None:
    spoken = {"de-at": "de", "no": "nb", "zh-tw": "zh-hant", "zh-cn": "fr", "pt-br": "pt", "eo": "fr", "": "fr"}
    for code in spoken:
        factories.customer(alice.organization, f"{code or 'nobody'}@example.com", language=code)

    sent(campaign_in(alice, "fr", "de", "nb", "zh-hant", "pt"), smtp_sink)

    asked = dict(Invitation.objects.values_list("customer__language", "language"))
    assert asked == spoken


def test_a_language_that_lacks_a_text_is_never_sent(alice: Person, client: Client, smtp_sink: SmtpSink) -> None:
    hans = factories.customer(alice.organization, "hans@example.com", language="de")
    zoe = factories.customer(alice.organization, "zoe@example.com", language="fr")
    campaign = campaign_in(alice, "en", "de", "fr")
    main = Wording.objects.get(language="en")
    written: dict[texts.Place, str] = {("prompts", "detractor"): "What went wrong?"}
    Wording.objects.filter(pk=main.pk).update(**texts.put(Words.of(main), written).as_dict())
    Wording.objects.filter(language="fr").update(prompts={"detractor": "Pourquoi ?"})

    mails = sent(campaign, smtp_sink)

    assert language_of(hans) == "en"
    assert language_of(zoe) == "fr"
    assert "How likely are you" in text(mails["hans@example.com"])
    page = shown(client, next(iter(links(mails["zoe@example.com"]))))
    assert "Pourquoi ?" in page
    # Completed meanwhile, it is not what hans was asked in.
    Wording.objects.filter(language="de").update(prompts={"detractor": "Warum?"})
    again = shown(client, next(iter(links(mails["hans@example.com"]))))
    assert '<html lang="en" dir="ltr">' in again


def language_of(person: Customer) -> str:
    return Invitation.objects.get(customer=person).language


def marked(said: str) -> set[str]:
    return set(re.findall(f"{bidi.FIRST_STRONG}(.*?){bidi.POP}", said))


@pytest.mark.parametrize(
    ("code", "name", "company", "isolated"),
    [
        ("ar", "Ada Okafor", "Acme", ["Ada Okafor", "Acme"]),
        ("ar", "ليلى", "شركة النور", []),
        ("de", "דוד", "Acme", ["דוד"]),
        ("de", "Ada Okafor", "Acme", []),
    ],
)
def test_names_of_the_other_direction_turn_nothing_around_them(
    alice: Person, client: Client, smtp_sink: SmtpSink, code: str, name: str, company: str, isolated: list[str]
) -> None:
    type(alice.organization).objects.update(name=company)
    alice.organization.refresh_from_db()
    factories.customer(alice.organization, "someone@example.com", name=name, language=code)
    mail = sent(campaign_in(alice, code), smtp_sink)["someone@example.com"]
    for said in (text(mail), unescape(text(mail, "html"))):
        assert marked(said) == set(isolated)
    assert marked(shown(client, next(iter(links(mail))))) == set(isolated) - {name}


def test_a_broken_link_speaks_the_browsers_language(client: Client) -> None:
    def page(accepted: str) -> str:
        return client.get("/r/broken/9/", headers={"Accept-Language": accepted}).content.decode()

    assert '<html lang="de" dir="ltr">' in page("de-CH,de;q=0.9,en;q=0.8")
    assert '<html lang="zh-hant" dir="ltr">' in page("eo,zh-TW;q=0.9,fr;q=0.2")
    assert '<html lang="he" dir="rtl">' in page("he-IL")
    assert '<html lang="en" dir="ltr">' in page("eo") == page("") == page("x" * 5000)


@pytest.mark.parametrize("code", ["de", "ar"])
def test_the_interface_stays_english_whatever_the_browser_asks_for(alice: Person, code: str) -> None:
    page = alice.get(alice.url("campaigns:list"), headers={"Accept-Language": code}).content.decode()
    assert re.search(r'<html lang="en"(?! dir="rtl")', page)
    assert "<h1>Campaigns</h1>" in page
    with override(code):
        assert gettext("Unsubscribe") not in page
        assert gettext("Save") not in page
