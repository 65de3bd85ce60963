"""Themes: made, found, corrected by hand; what people say stands and is learned from."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from surveys.accounts.models import AuditEntry, Organization
from surveys.comments import actions, queries, rules
from surveys.comments.actions import BadTheme
from surveys.comments.models import Reading, Theme, ThemeOrigin, ThemeRuling, ThemeState
from surveys.core.conditions import catalogue, compiler, evaluator, facts, validation
from surveys.core.conditions.catalogue import Root
from surveys.core.conditions.orm import Meets
from surveys.responses.models import Response, Tag
from tests.comments.told import read_all, tell, wrong_cells
from tests.helpers.waiting import wait_until
from tests.people import Person


def now() -> Any:
    return timezone.now()


def themes_of(response: Response) -> list[int]:
    response.refresh_from_db()
    return response.themes


# ── Rules ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("word", "comment", "finds"),
    [
        ("price", "The PRICES went up", True),
        ("invoices", "one invoice was wrong", True),
        ("Rechnung", "Die Rechnungen kommen zu spät", True),
        ("größe", "Grosse Auswahl, falsche GRÖßE", True),
        ("cafe", "Le café était froid", True),
        ("app", "an apple a day", False),
        ("bill*", "the billing page", True),
        ("too expensive", "too, expensive", True),
        ("too expensive", "expensive, too", False),
        ("値段", "この値段は高いです", True),
        ("客服", "客服从来不回复", True),
        ("don't", "I don’t know", True),
    ],
)
def test_a_word_finds_its_forms_and_no_others(word: str, comment: str, finds: bool) -> None:
    assert (1 in rules.Rules({1: [word]}).read(comment)[0]) is finds


def test_what_cannot_be_looked_for_is_refused_with_its_reason(alice: Person) -> None:
    for name, words, field in (
        ("", ["price"], "name"),
        ("Price", [], "words"),
        ("Price", ["-hotel"], "words"),
        ("Price", ["!!"], "words"),
        ("Price", ["ab*"], "words"),
        ("Price", ["x" * 61], "words"),
        ("x" * 61, ["price"], "name"),
    ):
        with pytest.raises(BadTheme) as refused:
            actions.make_theme(name=name, words=words, by=alice.membership, at=now())
        assert list(refused.value.problems) == [field]
    actions.make_theme(name="Price", words=["price"], by=alice.membership, at=now())
    with pytest.raises(BadTheme):
        actions.make_theme(name="PRICE", words=["cost"], by=alice.membership, at=now())
    assert Theme.objects.count() == 1


def test_a_dozen_themes_are_offered_at_first(alice: Person, acme: Organization) -> None:
    complaint, praise = tell(acme, [(2, "Der Preis ist zu hoch"), (9, "Le support répond vite")])
    offered = queries.starters(acme)
    assert len(offered) == 12
    assert [problem for starter in offered for problem in rules.problems(starter.words)] == []

    price, support = actions.adopt_starters(keys=["price", "support"], by=alice.membership, at=now())
    read_all()

    assert themes_of(complaint) == [price.pk]
    assert themes_of(praise) == [support.pk]
    assert {each.key for each in queries.starters(acme)}.isdisjoint({"price", "support"})


# ── People ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_a_colleague_says_stands_and_holds_for_comments_like_it(alice: Person, acme: Organization) -> None:
    price = actions.make_theme(name="Price", words=["expensive"], by=alice.membership, at=now())
    taken, given, like, other = tell(
        acme,
        [
            (9, "Looks expensive and feels great"),
            (2, "You ask for far more money than it is worth"),
            (2, "You ask for much more money than it is worth"),
            (9, "The calendar is lovely"),
        ],
    )
    read_all()
    assert themes_of(taken) == [price.pk]

    actions.rule_theme(response=taken, theme=price, belongs=False, by=alice.membership, at=now())
    actions.rule_theme(response=given, theme=price, belongs=True, by=alice.membership, at=now())
    assert (themes_of(taken), themes_of(given)) == ([], [price.pk])
    assert wrong_cells(acme) == []
    actions.read_anew(by=alice.membership, at=now())
    read_all()

    assert [themes_of(each) for each in (taken, given, like, other)] == [[], [price.pk], [price.pk], []]
    [why] = queries.explain(like).themes
    assert (why.kind, why.ruling) == ("alike", ThemeRuling.objects.get(response=given))
    assert wrong_cells(acme) == []
    acts = AuditEntry.objects.filter(organization=acme, action__startswith="response.theme").order_by("pk")
    assert [*acts.values_list("action", flat=True)] == ["response.theme_taken", "response.theme_given"]

    actions.unrule_theme(response=taken, theme=price, by=alice.membership, at=now())
    read_all()
    assert themes_of(taken) == [price.pk]


@pytest.mark.django_db(transaction=True)
def test_who_puts_a_theme_on_while_it_is_deleted_is_told(alice: Person, acme: Organization) -> None:
    price = actions.make_theme(name="Price", words=["expensive"], by=alice.membership, at=now())
    (response,) = tell(acme, [(9, "Lovely")])
    address = alice.url("analytics:comment_put_on", pk=response.pk)
    with ThreadPoolExecutor(1) as elsewhere:
        with transaction.atomic():
            Response.objects.select_for_update().get(pk=response.pk)
            told = elsewhere.submit(_post, alice, address, {"theme": price.pk})
            wait_until(_somebody_waits, what="the post")
            Theme.objects.filter(pk=price.pk).delete()
        answer = told.result(timeout=20)
    assert "Somebody else deleted this theme meanwhile." in answer.content.decode()
    assert themes_of(response) == []


def _post(alice: Person, address: str, data: dict[str, Any]) -> Any:
    try:
        return alice.post(address, data, follow=True)
    finally:
        connection.close()


_WAITING = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid)"


def _somebody_waits() -> bool:
    """For this transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING)
        return bool(cursor.fetchone()[0])


def test_a_sentiment_that_a_colleague_said_stands(alice: Person, acme: Organization) -> None:
    [response] = tell(acme, [(0, "Well, thanks a lot, great work")])
    read_all()
    response.refresh_from_db()
    assert response.sentiment == 1

    actions.rule_sentiment(response=response, sentiment=-1, by=alice.membership, at=now())
    actions.read_anew(by=alice.membership, at=now())
    read_all()

    response.refresh_from_db()
    assert response.sentiment == -1
    ruling = queries.explain(response).sentiment_ruling
    assert ruling is not None
    assert ruling.by == alice.membership.user
    assert wrong_cells(acme) == []
    actions.unrule_sentiment(response=response, by=alice.membership, at=now())
    read_all()
    response.refresh_from_db()
    assert response.sentiment == 1


def test_merged_themes_are_one_and_deleted_ones_are_gone(alice: Person, acme: Organization) -> None:
    at = now()
    price = actions.make_theme(name="Price", words=["expensive"], by=alice.membership, at=at)
    cost = actions.make_theme(name="Cost", words=["costly"], by=alice.membership, at=at)
    first, second, third = tell(acme, [(2, "expensive"), (2, "costly"), (9, "a bargain")])
    read_all()
    actions.rule_theme(response=third, theme=cost, belongs=True, by=alice.membership, at=at)

    merged = actions.merge_themes(theme=cost, into=price, by=alice.membership, at=at)
    read_all()
    assert merged.words == ["expensive", "costly"]
    assert [themes_of(each) for each in (first, second, third)] == [[price.pk]] * 3

    actions.delete_theme(theme=merged, by=alice.membership, at=at)
    read_all()
    assert [themes_of(each) for each in (first, second, third)] == [[]] * 3
    assert not Theme.objects.exists()
    assert wrong_cells(acme) == []


# ── Found ────────────────────────────────────────────────────────────────────────────────────────────────────────────

_PARKING = ("Parking garage is always full", "No space in the parking garage", "The parking garage closes too early")
_BREAKFAST = ("Breakfast buffet was cold", "Loved the breakfast buffet", "The breakfast buffet ends at nine")
_FILLING = ("Fine", "All good", "Thanks", "Nice stay", "Will come again", "ok", "Great", "Bad", "Hm")


def test_groups_are_found_keep_their_row_and_stay_dismissed(alice: Person, acme: Organization) -> None:
    said = [*_PARKING * 4, *_BREAKFAST * 4, *_FILLING * 4]
    responses = tell(acme, [(number % 11, text) for number, text in enumerate(said)])
    actions.search_themes(by=alice.membership, at=now())
    read_all()

    found = {theme.name: theme for theme in Theme.objects.filter(organization=acme)}
    assert {theme.origin for theme in found.values()} == {ThemeOrigin.FOUND}
    parking = next(theme for name, theme in found.items() if "parking" in name.lower())
    breakfast = next(theme for name, theme in found.items() if "breakfast" in name.lower())
    assert parking != breakfast
    assert themes_of(responses[0]) == [parking.pk]
    assert themes_of(responses[len(_PARKING) * 4]) == [breakfast.pk]

    actions.switch_theme(theme=parking, state=ThemeState.OFF, by=alice.membership, at=now())
    tell(acme, [(5, "The parking garage smells"), (5, "Breakfast buffet without eggs")] * 3)
    actions.search_themes(by=alice.membership, at=now())
    read_all()

    named = Theme.objects.filter(organization=acme, name__iregex="parking|breakfast").order_by("pk")
    assert [*named] == sorted([parking, breakfast], key=lambda theme: theme.pk)
    assert themes_of(responses[0]) == []
    assert [reading.status for reading in Reading.objects.order_by("-pk")[:1]] == ["done"]
    assert wrong_cells(acme) == []


def test_what_a_theme_is_about_already_is_not_found(alice: Person, acme: Organization) -> None:
    tell(acme, [(number % 11, text) for number, text in enumerate([*_PARKING * 4, *_BREAKFAST * 4, *_FILLING * 4])])
    actions.make_theme(name="Car", words=["parking"], by=alice.membership, at=now())

    actions.search_themes(by=alice.membership, at=now())
    read_all()

    names = [theme.name.lower() for theme in Theme.objects.filter(organization=acme, origin=ThemeOrigin.FOUND)]
    assert any("breakfast" in name for name in names)
    assert not any("parking" in name for name in names)


# ── Conditions ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_conditions_ask_about_themes_tags_sentiment_and_language(alice: Person, acme: Organization) -> None:
    price = actions.make_theme(name="Price", words=["expensive", "teuer"], by=alice.membership, at=now())
    bad, german, good, silent = tell(acme, [(2, "Too expensive"), (3, "Viel zu teuer"), (9, "Lovely"), (9, "")])
    tag = Tag.objects.create(organization=acme, name="VIP", created_at=now())
    Response.objects.filter(pk__in=[good.pk, silent.pk]).update(tags=[tag.pk])
    read_all()
    fields = catalogue.of(Root.RESPONSE, acme)

    for rule, wanted in (
        ({"field": "theme", "op": "one_of", "value": [price.pk]}, [bad, german]),
        ({"field": "theme", "op": "not_set"}, [good, silent]),
        ({"field": "theme", "op": "is_set"}, [bad, german]),
        ({"field": "tag", "op": "one_of", "value": [tag.pk]}, [good, silent]),
        ({"field": "sentiment", "op": "one_of", "value": [-1]}, [bad, german]),
        ({"field": "sentiment", "op": "not_set"}, [silent]),
        ({"field": "comment_language", "op": "one_of", "value": ["de"]}, [german]),
        ({"none": [{"field": "theme", "op": "one_of", "value": [price.pk]}]}, [good, silent]),
    ):
        tree = validation.parse({"all": [rule]}, fields)
        where = compiler.compile_where(tree, fields, "r", now())
        found = Response.objects.filter(Meets(where), organization=acme).order_by("pk")
        keys = [response.pk for response in (bad, german, good, silent)]
        known = facts.load(keys, tree, fields)
        assert [response.pk for response in found] == [response.pk for response in wanted], rule
        assert [key for key in keys if evaluator.holds(tree, known[key], fields, now())] == [
            response.pk for response in wanted
        ], rule
