"""Why the score is what it is: themes with their figures, comments that are found, explained and corrected by hand."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from surveys.accounts.models import Role
from surveys.analytics.choices import choices
from surveys.analytics.look import Look
from surveys.analytics.reasons.why import Order, why
from surveys.analytics.upkeep import rollups
from surveys.campaigns.models import Campaign
from surveys.comments.models import Theme, ThemeOrigin, ThemeRuling, ThemeState
from surveys.core.filters import Filters
from surveys.core.nps import Split, Verdict
from surveys.core.periods import Period, Preset
from surveys.responses.models import Response
from tests import factories
from tests.analytics.test_dashboard import words
from tests.people import Person

TODAY = timezone.now().date()
NOW, BEFORE = 5, 40  # days ago, in this and in the last 30 days


def theme(alice: Person, name: str, *said: str, **fields: Any) -> Theme:
    at = timezone.now()
    fields = {"origin": ThemeOrigin.OWN, "words": list(said), "created_at": at, "updated_at": at, **fields}
    return Theme.objects.create(organization=alice.organization, name=name, **fields)


def said(alice: Person, count: int, score: int, comment: str, *themes: Theme, days: int = NOW, **fields: Any) -> None:
    campaign = Campaign.objects.filter(organization=alice.organization).first() or factories.campaign(
        alice.organization
    )
    row = {
        "organization": alice.organization,
        "campaign": campaign,
        "channel": "email",
        "language": "en",
        "score": score,
        "comment": comment,
        "themes": sorted(found.pk for found in themes),
        "sentiment": (1 if score > 8 else -1) if comment else None,
        "comment_language": "en" if comment else "",
        "read_at": timezone.now() if comment else None,
        "verdict": "confirmed",
        "day": TODAY - timedelta(days=days),
        "responded_at": timezone.now() - timedelta(days=days),
        "updated_at": timezone.now(),
        **fields,
    }
    Response.objects.bulk_create([Response(**row) for _number in range(count)])


def counted(alice: Person) -> None:
    for piece in rollups.slices(alice.organization.pk):
        rollups.repair(piece)


@pytest.fixture
def slow(alice: Person) -> Theme:
    """Waiting became a theme: 40 of 200 comments now, 5 of 200 before, nearly all of detractors. Price did not change."""
    slow, price = theme(alice, "Waiting", "slow", "wait*"), theme(alice, "Price", "price")
    theme(alice, "Never said", "zebra")
    said(alice, 38, 2, "So slow!", slow)
    said(alice, 2, 10, "Slow but friendly", slow)
    said(alice, 30, 9, "Good price", price)
    said(alice, 130, 9, "All fine")
    said(alice, 50, 10, "")
    said(alice, 5, 2, "So slow!", slow, days=BEFORE)
    said(alice, 30, 9, "Good price", price, days=BEFORE)
    said(alice, 165, 9, "All fine", days=BEFORE)
    counted(alice)
    return slow


def test_themes_have_score_share_and_change_and_only_evidence_is_called_a_difference(
    alice: Person, slow: Theme
) -> None:
    look = Look(Period.ending(TODAY, Preset.MONTH), Filters())

    found = why(alice.organization, look)

    assert [figures.theme.name for figures in found.themes] == ["Waiting", "Price"]
    waiting, price = found.themes
    assert waiting.split == Split(promoters=2, detractors=38)
    assert (waiting.share.count, waiting.share.of, waiting.share_before.count) == (40, 200, 5)
    assert waiting.verdict is waiting.share_verdict is Verdict.CHANGED
    assert waiting.moves == found.comments.score - 100  # type: ignore[operator]
    assert price.share_verdict is Verdict.NO_EVIDENCE
    assert sum(waiting.by_bucket, Split()) == waiting.split
    assert [figures.theme for figures in found.growing] == [slow]
    assert [figures.theme.name for figures in found.ordered(Order.SCORE)] == ["Waiting", "Price"]
    assert [figures.theme.name for figures in found.ordered(Order.MOVES)] == ["Waiting", "Price"]


def test_the_page_shows_themes_what_is_growing_and_both_sides_and_takes_as_many_statements_for_more(
    alice: Person, slow: Theme, django_assert_max_num_queries: Any
) -> None:
    page = alice.get(alice.url("analytics:why"), {"period": "30d"})
    read = words(page.content.decode())
    assert "New or growing" in read
    assert "20 % of the comments (40, before 5): +17.5 percentage points" in read
    assert "200 comments in this period." in read
    assert "So slow!" in read.split("Detractors say")[1]
    for name, query in (("why", {}), ("comments", {"q": "slow"}), ("themes", {}), ("drivers", {})):
        with django_assert_max_num_queries(24) as few:
            assert alice.get(alice.url(f"analytics:{name}"), {"period": "30d", **query}).status_code == 200
        said(alice, 60, 1, "slow and waiting", slow)
        counted(alice)
        with django_assert_max_num_queries(len(few)):
            alice.get(alice.url(f"analytics:{name}"), {"period": "30d", **query})


def test_every_theme_leads_to_as_many_comments_as_it_says(alice: Person, slow: Theme) -> None:
    for row in alice.get(alice.url("analytics:why"), {"period": "30d"}).context["shown"].rows:
        listed = alice.get(row.comments_url).context["shown"]
        assert listed.found.count == row.figures.split.responses > 0
    page = words(alice.get(alice.url("analytics:theme", pk=slow.pk), {"period": "30d"}).content.decode())
    assert "−90" in page
    assert "Slow but friendly" in page.split("Promoters say")[1]


def test_words_are_found_in_any_script_and_marked(alice: Person) -> None:
    said(alice, 1, 3, "配送がとても遅いです。", comment_language="ja")
    said(alice, 1, 9, "التطبيق <b>ممتاز</b> جدا", comment_language="ar")
    for sought, marked in (
        ("遅い", "配送がとても<mark>遅い</mark>です。"),
        ("ممتاز", "&lt;b&gt;<mark>ممتاز</mark>&lt;/b&gt;"),
    ):
        page = alice.get(alice.url("analytics:comments"), {"q": sought}).content.decode()
        assert marked in page
        assert page.count("<mark>") == 1


def test_an_agent_corrects_a_comment_and_takes_it_back(alice: Person, bob: Person, slow: Theme) -> None:
    """What bob says stands at once, is counted at once, names him, and can be undone; an analyst only reads."""
    response = Response.objects.filter(organization=alice.organization, comment="All fine").order_by("pk")[0]
    put_on = bob.url("analytics:comment_put_on", pk=response.pk)
    assert bob.post(put_on, {"theme": slow.pk}).status_code == 403
    bob.becomes(Role.AGENT)

    answer = bob.post(put_on, {"theme": slow.pk}, headers={"HX-Request": "true"})

    assert "corrected by Bob" in words(answer.content.decode())
    assert why_of(alice, "Waiting") == 41
    assert "corrected by Bob" in words(alice.get(alice.url("analytics:comments"), {"theme": slow.pk}).content.decode())
    bob.post(bob.url("analytics:comment_unrule", pk=response.pk), {"theme": slow.pk})
    assert not ThemeRuling.objects.filter(organization=alice.organization).exists()
    bob.post(bob.url("analytics:comment_feel", pk=response.pk), {"sentiment": "-1"})
    response.refresh_from_db()
    assert response.sentiment == -1
    assert bob.post(bob.url("analytics:comment_feel", pk=response.pk), {"sentiment": "7"}).status_code == 400


def why_of(alice: Person, name: str) -> int:
    found = why(alice.organization, Look(Period.ending(TODAY, Preset.MONTH), Filters()))
    return next(figures.split.responses for figures in found.themes if figures.theme.name == name)


@pytest.mark.parametrize(
    ("name", "written", "problem"),
    [
        ("", "slow", "Give the theme a name."),
        ("price", "costs", "There is a theme “price” already."),
        ("Speed", "", "Write at least one word that brings comments to the theme."),
        ("Speed", "-slow", "Write at least one word that brings comments to the theme."),
        ("Speed", "\n".join(f"word{number}" for number in range(101)), "at most 100 are possible."),
        ("S" * 61, "slow", "The name has 61 characters; at most 60 are possible."),
        ("Speed", "s" * 61, "is longer than 60 characters."),
    ],
)
def test_a_theme_that_cannot_be_is_refused_and_what_was_typed_stays(
    alice: Person, name: str, written: str, problem: str
) -> None:
    theme(alice, "Price", "price")
    page = alice.post(alice.url("analytics:theme_new"), {"name": name, "words": written, "save": "1"})
    assert problem in words(page.content.decode())
    assert page.context["form"].data["words"] == written
    assert Theme.objects.filter(organization=alice.organization).count() == 1


def test_words_are_tried_before_they_are_kept(alice: Person, slow: Theme) -> None:
    page = alice.post(alice.url("analytics:theme_new"), {"name": "Speed", "words": "friendly\n-good"}).content.decode()
    assert "2 of the newest 400 comments." in words(page)
    assert "Slow but <mark>friendly</mark>" in page
    assert not Theme.objects.filter(organization=alice.organization, name="Speed").exists()
    alice.post(alice.url("analytics:theme_new"), {"name": "Speed", "words": "friendly, quick", "save": "1"})
    assert Theme.objects.get(organization=alice.organization, name="Speed").words == ["friendly", "quick"]


def test_a_theme_is_deleted_and_comes_back_a_found_one_is_accepted_or_dismissed(
    alice: Person, bob: Person, slow: Theme
) -> None:
    answer = alice.post(alice.url("analytics:theme_delete", pk=slow.pk), follow=True)
    assert "The theme “Waiting” was deleted" in words(answer.content.decode())
    asked = alice.url("analytics:comments") + f"?theme={slow.pk}"
    assert "Theme: Waiting" not in words(alice.get(asked).content.decode())
    for _twice in range(2):
        alice.post(alice.url("analytics:theme_restore", pk=slow.pk))
    back = Theme.objects.get(organization=alice.organization, name="Waiting")
    assert (back.pk, back.words) == (slow.pk, ["slow", "wait*"])
    assert "Theme: Waiting" in words(alice.get(asked).content.decode())

    found = theme(alice, "Bikes", "bike", origin=ThemeOrigin.FOUND)
    alice.post(alice.url("analytics:theme_adopt", pk=found.pk))
    found.refresh_from_db()
    assert found.origin == ThemeOrigin.OWN
    other = theme(alice, "Cars", "car", origin=ThemeOrigin.FOUND)
    alice.post(alice.url("analytics:theme_switch", pk=other.pk), {"state": "off"})
    other.refresh_from_db()
    assert other.state == ThemeState.OFF
    alice.post(alice.url("analytics:theme_merge", pk=found.pk), {"into": other.pk})
    assert not Theme.objects.filter(pk=found.pk).exists()

    bob.becomes(Role.AGENT)
    for act in ("theme_delete", "theme_switch", "theme_adopt"):
        assert bob.post(bob.url(f"analytics:{act}", pk=other.pk), {"state": "on"}).status_code == 403
    assert "Find groups" not in words(bob.get(bob.url("analytics:themes")).content.decode())


def test_a_theme_that_a_saved_view_asks_about_stays(alice: Person, slow: Theme) -> None:
    other = theme(alice, "Bikes", "bike")
    alice.post(alice.url("views:page", page="why"), {"name": "Queue"}, query_params={"theme": slow.pk})

    for act, said in (("theme_merge", {"into": other.pk}), ("theme_delete", {})):
        page = alice.post(alice.url(f"analytics:{act}", pk=slow.pk), said, follow=True)
        assert "Saved views ask about it: “Queue” (Alice). Change or delete them first." in words(page.content.decode())
    assert Theme.objects.filter(pk=slow.pk).exists()


def test_chosen_by_scores_themes_have_counts_and_no_score(alice: Person, slow: Theme) -> None:
    page = words(alice.get(alice.url("analytics:why"), {"period": "30d", "category": "detractor"}).content.decode())
    assert "comments have no score of their own" in page
    assert "Than the rest" not in page


def test_an_organization_without_anything_is_told_how_to_begin(alice: Person) -> None:
    for page in ("why", "comments", "drivers", "segments", "answered", "changes", "recoveries"):
        assert "Four steps to your first score" in words(alice.get(alice.url(f"analytics:{page}")).content.decode())
    assert "No themes yet" in words(alice.get(alice.url("analytics:themes")).content.decode())
    assert choices(alice.organization, sees_hidden=True).known.themes == {}


def test_the_overview_gets_the_themes_that_stand_out_by_themselves(alice: Person, slow: Theme) -> None:
    assert alice.url("analytics:standing_out") in alice.get(alice.url("analytics:overview")).content.decode()
    card = alice.get(alice.url("analytics:standing_out"), {"period": "30d"}, headers={"HX-Request": "true"})
    assert [row.figures.theme.name for row in card.context["standing_out"]] == ["Waiting", "Price"]
    assert "Themes that stand out" in words(card.content.decode())
    assert alice.get(alice.url("analytics:standing_out")).status_code == 302
