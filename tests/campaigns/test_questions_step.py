"""The step "Questions and thanks": with and without script, what is typed stays, and what is saved is what is asked."""

import html
import re
from typing import Any

import pytest

from surveys.accounts.models import AuditEntry, Role
from surveys.campaigns import queries
from surveys.campaigns.design import Link, Question, QuestionKind
from surveys.campaigns.models import Campaign, CampaignVersion, Status, Wording
from surveys.core.choices import Category
from tests import factories
from tests.people import Person

EVERYBODY = ["promoter", "passive", "detractor"]


@pytest.fixture
def draft(alice: Person) -> Campaign:
    return factories.campaign(alice.organization, "Autumn pulse")


def url(person: Person, campaign: Campaign) -> str:
    return person.url("campaigns:questions", pk=campaign.pk)


def typed(campaign: Campaign, **changes: Any) -> dict[str, Any]:
    """The page with a scale, a choice and a link, as a browser sends it."""
    words = queries.wording(campaign)
    texts = ("comment_prompt", "thanks_promoter", "thanks_passive", "thanks_detractor")
    fields: dict[str, Any] = {name: getattr(words, name) for name in texts}
    fields |= {
        "part": "questions",
        "question": ["q1", "q2"],
        "q1.kind": "scale",
        "q1.text": "How easy was it?",
        "q1.for": EVERYBODY,
        "q1.max": "7",
        "q1.low": "Hard",
        "q2.kind": "one",
        "q2.text": "What went wrong?",
        "q2.for": ["detractor"],
        "q2.option": ["o1", "o2", "o3"],
        "q2.o1": "Too slow",
        "q2.o2": "",
        "q2.o3": "Too dear",
        "link": ["l1"],
        "l1.url": "https://reviews.example/acme",
        "l1.label": "Review us",
        "l1.for": EVERYBODY,
        "prompt.9": "What is missing to ten?",
        "prompt.detractor": "What went wrong?",
    }
    return {name: value for name, value in (fields | changes).items() if value is not None}


def shown(answer: Any) -> str:
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def names(page: str, field: str) -> list[str]:
    return re.findall(rf'<input type="hidden" name="{field}" value="(\w+)">', page)


def test_what_is_saved_is_what_is_asked(alice: Person, draft: Campaign) -> None:
    assert "Each one more costs answers" in shown(alice.get(url(alice, draft)))

    answer = alice.post(url(alice, draft), typed(draft, save="audience"))
    assert answer["Location"] == alice.url("campaigns:audience", pk=draft.pk)

    design, words = queries.design(draft), queries.wording(draft)
    detractors = frozenset({Category.DETRACTOR})
    assert design.questions == (
        Question("q1", QuestionKind.SCALE, scale_max=7),
        Question("q2", QuestionKind.ONE, detractors, ("o1", "o3")),
    )
    assert design.links == (Link("l1", "https://reviews.example/acme"),)
    assert words.questions == {
        "q1": {"text": "How easy was it?", "low": "Hard"},
        "q2": {"text": "What went wrong?", "options": {"o1": "Too slow", "o3": "Too dear"}},
    }
    assert words.prompts == {"detractor": "What went wrong?", "9": "What is missing to ten?"}
    assert words.links == {"l1": "Review us"}
    page = shown(alice.get(url(alice, draft)))
    assert 'value="Too dear"' in page
    assert AuditEntry.objects.get(action="campaign.edited").details["changed"].keys() >= {
        "design_questions",
        "questions",
    }


def test_parts_are_added_moved_and_removed_and_nothing_typed_is_lost(alice: Person, draft: Campaign) -> None:
    def press(command: str) -> str:
        return shown(alice.post(url(alice, draft), typed(draft, do=command, **{"q2.o2": "Half typed"})))

    assert names(press("down:q1"), "question") == ["q2", "q1"]
    assert names(press("up:q1"), "question") == ["q1", "q2"]
    assert names(press("remove:q1"), "question") == ["q2"]
    assert names(press("option:q2"), r"q2\.option") == ["o1", "o2", "o3", "o4"]
    assert names(press("drop:q2.o1"), r"q2\.option") == ["o2", "o3"]
    assert names(press("link"), "link") == ["l1", "l2"]
    assert names(press("unlink:l1"), "link") == []
    added = press("add:text")
    assert names(added, "question") == ["q1", "q2", "q3"]
    assert 'value="Half typed"' in added
    for nonsense in ("", "add:", "add:drawing", "remove:q9", "up:", "drop:q1", "x" * 999):
        assert names(press(nonsense), "question") == ["q1", "q2"]
    assert not CampaignVersion.objects.exists()


def test_ten_questions_and_five_links_are_the_most(alice: Person, draft: Campaign) -> None:
    keys = [f"q{number}" for number in range(1, 13)]
    many = {"question": keys, **{f"{key}.kind": "text" for key in keys}, "link": [f"l{n}" for n in range(1, 9)]}
    page = shown(alice.post(url(alice, draft), typed(draft, do="add:text", **many)))
    assert (len(names(page, "question")), len(names(page, "link"))) == (10, 5)
    assert "Ten questions are the most." in page


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("q1.text", "", "Write something here."),
        ("q1.text", "Hi {{ frist_name }}", "is not a known placeholder"),
        ("q1.text", "x" * 301, "301 characters; 300 are the most"),
        ("q1.for", [], "Choose at least one category"),
        ("q1.high", "{% now %}", "would be sent as it stands"),
        ("q2.o3", "", "Write at least two answers"),
        ("q2.o3", "Too slow", "stands here twice"),
        ("l1.url", "http://reviews.example/", "begins with https://"),
        ("l1.url", "javascript:alert(1)", "begins with https://"),
        ("l1.label", "", "Write something here."),
        ("thanks_passive", "", "Write something here."),
        ("comment_prompt", "Why, {{ first_name", "stands alone"),
        ("prompt.0", "x" * 201, "201 characters; 200 are the most"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_the_reason_and_kept(
    alice: Person, draft: Campaign, field: str, value: Any, says: str
) -> None:
    page = shown(alice.post(url(alice, draft), typed(draft, save="questions", **{field: value, "q1.low": "Changed"})))
    assert says in page
    assert "Not saved yet" in page
    assert 'value="Changed"' in page
    assert not CampaignVersion.objects.exists()


def test_a_link_for_happy_customers_only_is_not_forbidden(alice: Person, draft: Campaign) -> None:
    narrow = typed(draft, save="questions", **{"l1.for": ["promoter"]})
    assert alice.post(url(alice, draft), narrow).status_code == 302
    about = shown(alice.get(draft.get_absolute_url()))
    for said in ("How easy was it?", "What is missing to ten?", "Review us", "Only:"):
        assert said in about
    assert queries.design(draft).links == (Link("l1", "https://reviews.example/acme", frozenset({Category.PROMOTER})),)


def test_the_preview_follows_what_is_typed_and_stores_nothing(alice: Person, draft: Campaign) -> None:
    words = typed(draft, **{"q1.text": "How easy, {{ first_name }}?", "thanks_detractor": "Sorry, {{ first_name }}."})
    pages = {
        (name, score): html.unescape(
            alice.post(alice.url(f"responses:{name}", pk=draft.pk, score=score), words).content.decode()
        )
        for name in ("preview", "preview_thanks")
        for score in (9, 3)
    }
    assert "How easy, Ada?" in pages["preview", 9]
    assert "What is missing to ten?" in pages["preview", 9]
    assert "Too slow" not in pages["preview", 9]
    assert "Too slow" in pages["preview", 3]
    assert "Sorry, Ada." in pages["preview_thanks", 3]
    assert "https://reviews.example/acme" in pages["preview_thanks", 9]
    assert not CampaignVersion.objects.exists()


def test_a_running_campaign_gets_a_new_version_and_never_a_key_again(alice: Person) -> None:
    live = factories.campaign(alice.organization, "Pulse", Status.LIVE, wave=1)
    alice.post(url(alice, live), typed(live, save="questions"))
    live.refresh_from_db()
    assert (live.version, queries.design(live, 1).questions) == (2, ())
    without = typed(live, save="questions", question=["q1"])
    alice.post(url(alice, live), without)
    live.refresh_from_db()
    assert [question.key for question in queries.design(live).questions] == ["q1"]
    assert queries.wording(live).questions.keys() == {"q1"}

    page = shown(alice.post(url(alice, live), typed(live, do="add:text", question=["q1"])))
    assert names(page, "question") == ["q1", "q3"]  # q2 was something else once


def test_two_who_write_at_once_are_told(alice: Person, draft: Campaign) -> None:
    seen = re.search(r'name="seen" value="(\w+)"', shown(alice.get(url(alice, draft))))
    assert seen
    alice.post(url(alice, draft), typed(draft, save="questions"))
    late = alice.post(url(alice, draft), typed(draft, save="questions", seen=seen[1], **{"q1.text": "Mine"}))
    assert "Not saved: this was changed since you opened it" in shown(late)
    assert 'value="Mine"' in shown(late)
    assert Wording.objects.get().questions["q1"]["text"] == "How easy was it?"


def test_it_is_for_those_who_write_campaigns_of_their_own(
    alice: Person, bob: Person, charlie: Person, draft: Campaign
) -> None:
    assert bob.get(url(bob, draft)).status_code == 403
    assert (
        charlie.post(charlie.url("campaigns:questions", pk=draft.pk), typed(draft, save="questions")).status_code == 404
    )
    bob.becomes(Role.ADMIN)
    assert bob.post(url(bob, draft), typed(draft, save="questions")).status_code == 302
    Campaign.objects.update(status=Status.ENDED)
    assert alice.get(url(alice, draft)).status_code == 302
    alice.post(url(alice, draft), typed(draft, save="questions", question=[]))
    assert len(queries.design(draft).questions) == 2
