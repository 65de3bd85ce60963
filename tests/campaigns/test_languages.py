"""Languages of a campaign: beginning one, writing it, what is missing, the main one, taking one away and back."""

import re
from dataclasses import replace
from html import unescape

import pytest

from surveys.campaigns import languages, queries, starts
from surveys.campaigns.actions import versions
from surveys.campaigns.design import Design, Question, QuestionKind
from surveys.campaigns.models import Campaign, CampaignVersion, Status, Wording
from surveys.campaigns.texts import Words, defaults
from surveys.core import bidi
from surveys.core import languages as ours
from tests import factories
from tests.people import Person

pytestmark = pytest.mark.django_db
GERMAN = defaults("de")


@pytest.fixture
def draft(alice: Person) -> Campaign:
    """Begun with our words, but for an introduction of alice's own."""
    alice.post(alice.url("campaigns:new"), {"name": "Pulse", "start": starts.BLANK})
    campaign = Campaign.objects.get()
    Wording.objects.update(intro="Dear {{ first_name|friend }}, do tell.")
    return campaign


def add(alice: Person, campaign: Campaign, *codes: str) -> None:
    for code in codes:
        alice.post(alice.url("campaigns:language_add", pk=campaign.pk), {"language": code})


def form_of(alice: Person, campaign: Campaign, code: str) -> dict[str, str]:
    """What the page of a language would send."""
    page = alice.get(alice.url("campaigns:language", pk=campaign.pk, language=code))
    typed = {name: field.value() or "" for name, field in ((each.html_name, each) for each in page.context["form"])}
    return typed | {"seen": page.context["seen"]}


def write(alice: Person, campaign: Campaign, code: str, **texts: str) -> str:
    typed = form_of(alice, campaign, code) | {f"said-{place}": text for place, text in texts.items()}
    answer = alice.post(alice.url("campaigns:language", pk=campaign.pk, language=code), typed, follow=True)
    return unescape(answer.content.decode())


def said(campaign: Campaign, code: str) -> Words:
    return queries.words(campaign)[code]


def test_a_campaign_begins_in_the_organizations_language(alice: Person) -> None:
    alice.organization.default_language = "de-at"
    alice.organization.save()
    alice.post(alice.url("campaigns:new"), {"name": "Puls", "start": "purchase"})
    wording = Wording.objects.get()
    assert (wording.language, wording.question) == ("de", starts.STARTS["purchase"].texts("de").question)
    assert "nach diesem Kauf" in wording.question
    assert "Klick genügt noch immer" in wording.reminders[0]["intro"]


def test_a_language_that_is_added_says_at_once_what_the_main_one_says_in_our_words(
    alice: Person, draft: Campaign
) -> None:
    add(alice, draft, "de")

    assert (said(draft, "de").question, said(draft, "de").thanks_passive) == (GERMAN.question, GERMAN.thanks_passive)
    assert said(draft, "de").intro == ""
    page = alice.get(alice.url("campaigns:language", pk=draft.pk, language="de")).content.decode()
    assert "1 text is missing" in page
    assert "Dear {{ first_name|friend }}, do tell." in page
    assert queries.usable_languages(draft) == ["en"]

    assert "Complete" in write(alice, draft, "de", intro="Sagen Sie, {{ name|Sie }}!")
    assert queries.usable_languages(draft) == ["en", "de"]


def test_what_cannot_be_saved_is_kept_on_the_page_and_said(alice: Person, draft: Campaign) -> None:
    add(alice, draft, "de")
    page = write(alice, draft, "de", intro="Hallo {{ vorname }}", subject="Zwei Wörter", low_label="x" * 41)
    assert "“{{ vorname }}” is not a known placeholder." in page
    assert "Ensure this value has at most 40 characters" in page
    assert "Zwei Wörter" in page
    assert said(draft, "de").subject == GERMAN.subject


def test_every_text_of_a_design_is_asked_for_in_every_language(alice: Person, draft: Campaign) -> None:
    add(alice, draft, "fr")
    write(alice, draft, "fr", intro="Bonjour.")
    assert queries.usable_languages(draft) == ["en", "fr"]
    with versions.edited(campaign=draft, by=alice.membership, at=draft.created_at) as edit:
        edit.design = Design(questions=(Question("q1", QuestionKind.ONE, options=("o1", "o2")),))
        words = {"q1": {"text": "Which?", "options": {"o1": "This", "o2": "That"}}}
        edit.words["en"] = languages.put(
            edit.words["en"],
            {
                ("questions", "q1", "text"): words["q1"]["text"],  # type: ignore[dict-item]
                ("questions", "q1", "options", "o1"): "This",
                ("questions", "q1", "options", "o2"): "That",
                ("prompts", "detractor"): "Why?",
                ("reminders", "0", "intro"): "Again.",
            },
        )

    assert queries.usable_languages(draft) == ["en"]
    check = alice.get(alice.url("campaigns:check", pk=draft.pk)).content.decode()
    assert "French is not complete" in check
    assert "5 texts are missing in it. Until then, whoever speaks it gets English." in check
    answer = write(
        alice,
        draft,
        "fr",
        **{
            "questions-q1-text": "Lequel ?",
            "questions-q1-options-o1": "Ceci",
            "prompts-detractor": "Pourquoi ?",
            "reminders-0-intro": "Encore.",
        },
    )
    assert "1 text is missing" in answer
    assert "Question 1: option 2" in answer
    write(alice, draft, "fr", **{"questions-q1-options-o2": "Cela"})
    assert queries.usable_languages(draft) == ["en", "fr"]
    assert said(draft, "fr").questions == {"q1": {"text": "Lequel ?", "options": {"o1": "Ceci", "o2": "Cela"}}}
    assert said(draft, "fr").reminders == [{"intro": "Encore."}]


def test_what_is_missing_is_shown_to_the_admin_between_marks(alice: Person, draft: Campaign) -> None:
    add(alice, draft, "ar")
    mail = alice.url("delivery:preview", pk=draft.pk, part="html") + "?language=ar"
    shown = alice.get(mail).content.decode()
    assert f"⟦Dear {bidi.isolated('Ada', 'ar')}, do tell.⟧" in shown
    assert 'dir="rtl"' in shown
    typed = form_of(alice, draft, "ar") | {"said-intro": "مرحبًا {{ name|عميلنا }}"}
    typing = alice.post(mail, typed).content.decode()
    assert "مرحبًا" in typing
    assert "⟦" not in typing
    page = alice.post(alice.url("responses:preview", pk=draft.pk, score=3) + "?language=ar", typed).content.decode()
    assert re.search(r'<html lang="ar" dir="rtl">', page)
    assert alice.get(mail.replace("=ar", "=fa")).status_code == 404
    assert said(draft, "ar").intro == ""


def test_a_language_that_was_removed_comes_back_with_its_words(alice: Person, draft: Campaign) -> None:
    add(alice, draft, "de")
    write(alice, draft, "de", intro="Sagen Sie!")
    before = said(draft, "de")

    answer = alice.post(alice.url("campaigns:language_remove", pk=draft.pk, language="de"), follow=True)
    assert "German was removed." in answer.content.decode()
    assert list(queries.words(draft)) == ["en"]
    alice.post(alice.url("campaigns:language_restore", pk=draft.pk, language="de"))
    alice.post(alice.url("campaigns:language_restore", pk=draft.pk, language="de"))

    assert queries.words(draft) == {"en": said(draft, "en"), "de": replace(before, sources={})}


def test_only_a_complete_language_can_become_the_main_one(alice: Person, draft: Campaign) -> None:
    add(alice, draft, "de")
    to_german = alice.url("campaigns:language_main", pk=draft.pk, language="de")
    assert "Texts are missing in this language." in alice.post(to_german, follow=True).content.decode()
    write(alice, draft, "de", intro="Sagen Sie!")
    alice.post(to_german)
    assert list(queries.words(draft)) == ["de", "en"]
    assert queries.wording(draft).language == "de"
    # Now it is the one that cannot be taken away.
    alice.post(alice.url("campaigns:language_remove", pk=draft.pk, language="de"))
    assert list(queries.words(draft)) == ["de", "en"]


def test_a_live_campaign_gets_a_new_version_and_an_ended_one_stays(alice: Person, draft: Campaign) -> None:
    Campaign.objects.update(status=Status.LIVE)
    add(alice, draft, "de")
    draft.refresh_from_db()
    assert draft.version == 2
    assert CampaignVersion.objects.filter(campaign=draft, number=2).exists()
    assert list(Wording.objects.order_by("version", "id").values_list("version", "language")) == [
        (1, "en"),
        (2, "en"),
        (2, "de"),
    ]

    Campaign.objects.update(status=Status.ENDED)
    typed = {"said-intro": "Zu spät"}
    answer = alice.post(alice.url("campaigns:language", pk=draft.pk, language="de"), typed, follow=True)
    assert answer.redirect_chain[-1][0] == alice.url("campaigns:detail", pk=draft.pk)
    assert not Wording.objects.filter(intro="Zu spät").exists()


def test_two_people_who_write_one_language_are_told_and_two_who_write_others_are_not_disturbed(
    alice: Person, draft: Campaign
) -> None:
    add(alice, draft, "de", "fr")
    german, french = form_of(alice, draft, "de"), form_of(alice, draft, "fr")
    address = alice.url("campaigns:language", pk=draft.pk, language="de")

    alice.post(alice.url("campaigns:language", pk=draft.pk, language="fr"), french | {"said-intro": "Bonjour"})
    alice.post(address, german | {"said-intro": "Erste"})
    refused = alice.post(address, german | {"said-intro": "Zweite"})

    assert said(draft, "fr").intro == "Bonjour"
    assert said(draft, "de").intro == "Erste"
    page = refused.content.decode()
    assert "Not saved: this was changed since you opened it" in page
    assert "Zweite" in page
    again = german | {"said-intro": "Zweite", "seen": refused.context["seen"]}
    alice.post(address, again)
    assert said(draft, "de").intro == "Zweite"


def test_the_page_says_who_in_the_audience_speaks_what(alice: Person, draft: Campaign) -> None:
    for code, number in {"de": 2, "de-at": 1, "no": 1, "en-us": 1, "": 1, "eo": 1, "zh-tw": 3}.items():
        for _each in range(number):
            factories.customer(alice.organization, language=code)
    factories.customer(alice.organization, None, language="de")  # has no address
    add(alice, draft, "de")

    page = alice.get(alice.url("campaigns:languages", pk=draft.pk))

    assert {row.code: (row.customers, row.missing) for row in page.context["rows"]} == {"en": (7, 0), "de": (3, 1)}
    assert [(each.name, each.customers) for each in page.context["wanted"]] == [
        ("Traditional Chinese", 3),
        ("Norwegian Bokmal", 1),
    ]
    assert "3 customers speak Traditional Chinese" in page.content.decode()


@pytest.mark.parametrize(
    ("spoken", "usable", "gets"),
    [
        ("de-at", ["en", "de"], "de"),
        ("de-AT", ["en", "de", "de-at"], "de-at"),
        ("pt_BR", ["en", "pt", "pt-br"], "pt-br"),
        ("pt-br", ["en", "pt"], "pt"),
        ("pt", ["en", "pt-br"], "en"),
        ("no", ["en", "nb"], "nb"),
        ("nn-no", ["en", "nb"], "nb"),
        ("iw", ["en", "he"], "he"),
        ("zh-CN", ["en", "zh-hans"], "zh-hans"),
        ("zh", ["en", "zh-hant", "zh-hans"], "zh-hans"),
        ("zh-hk", ["en", "zh-hans", "zh-hant"], "zh-hant"),
        ("zh-Hant-HK", ["en", "zh-hant"], "zh-hant"),
        ("zh-tw", ["en", "zh-hans"], "en"),
        ("eo", ["fr", "en"], "fr"),
        ("", ["fr", "en"], "fr"),
    ],
)
def test_who_reads_what(spoken: str, usable: list[str], gets: str) -> None:
    assert ours.choose(spoken, usable) == gets


def test_a_translation_is_marked_when_the_main_text_is_changed_later(alice: Person, draft: Campaign) -> None:
    add(alice, draft, "de")
    write(alice, draft, "de", intro="Liebe {{ first_name|da }}, sag es uns.")
    assert "may be outdated" not in alice.get(alice.url("campaigns:languages", pk=draft.pk)).content.decode()

    Wording.objects.filter(language="en").update(question="Would you tell a friend about us?")
    listed = alice.get(alice.url("campaigns:languages", pk=draft.pk)).content.decode()
    page = alice.get(alice.url("campaigns:language", pk=draft.pk, language="de")).content.decode()
    check = alice.get(alice.url("campaigns:check", pk=draft.pk)).content.decode()
    assert "1 may be outdated" in listed
    assert page.count("Changed since") == 1
    assert "German may be outdated" in check
    assert languages.usable(queries.words(draft), Design()) == ["en", "de"], "it is still used"

    write(alice, draft, "de")
    assert "may be outdated" not in alice.get(alice.url("campaigns:languages", pk=draft.pk)).content.decode()


def test_looking_at_a_translation_again_makes_no_version(alice: Person, draft: Campaign) -> None:
    add(alice, draft, "de")
    write(alice, draft, "de", intro="Liebe {{ first_name|da }}, sag es uns.")
    Campaign.objects.update(status=Status.LIVE)
    Wording.objects.filter(language="en").update(question="Would you tell a friend about us?")
    write(alice, draft, "de")
    draft.refresh_from_db()
    assert draft.version == 1
    assert languages.outdated(said(draft, "en"), said(draft, "de"), Design()) == []


def test_another_main_language_keeps_what_was_outdated_so(alice: Person, draft: Campaign) -> None:
    add(alice, draft, "de", "fr")
    write(alice, draft, "de", intro="Liebe {{ first_name|da }}, sag es uns.")
    write(alice, draft, "fr", intro="Bonjour {{ first_name|vous }}.")
    Wording.objects.filter(language="en").update(question="Would you tell a friend about us?")
    write(alice, draft, "de")
    alice.post(alice.url("campaigns:language_main", pk=draft.pk, language="de"))
    now = queries.words(draft)
    assert list(now) == ["de", "en", "fr"]
    assert languages.outdated(now["de"], now["en"], Design()) == []
    assert languages.outdated(now["de"], now["fr"], Design()) == [("question",)]
