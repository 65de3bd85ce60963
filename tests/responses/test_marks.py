"""What colleagues say of responses: junk and tags, one and many; everything follows, and is taken back."""

import random
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from surveys.accounts.models import AuditEntry, Role, SavedView
from surveys.analytics.upkeep import rollups
from surveys.campaigns.models import Campaign
from surveys.customers.actions.erasing import erase
from surveys.customers.models import Customer
from surveys.responses import queries
from surveys.responses.actions import act_work, acts
from surveys.responses.models import JunkReason, MarkStatus, Response, ResponseAct, ResponseChange, Tag
from tests import factories
from tests.people import Person
from tests.responses.mail import Mail, Shown, differences, press, send


def marked(person: Person, response: Response, how: str, **data: Any) -> str:
    answer = person.post(person.url(f"responses:{how}", pk=response.pk), data, follow=True)
    assert answer.status_code == 200
    return str(answer.content.decode())


def facts(mail: Mail) -> tuple[int | None, int, bool]:
    """Last score and number of answers of the customer, and whether the invitation was answered."""
    customer = Customer.objects.get(invitation=mail.invitation)
    mail.invitation.refresh_from_db()
    return customer.last_score, customer.answered_count, mail.invitation.answered_at is not None


def test_junk_counts_nowhere_until_it_is_taken_back(mail: Mail, ada: Client, alice: Person, bob: Person) -> None:
    press(ada, Shown(ada.get(mail.link(9))), 9)
    assert facts(mail) == (9, 1, True)

    assert bob.post(bob.url("responses:exclude", pk=mail.response.pk), {"reason": "test"}).status_code == 403
    page = marked(alice, mail.response, "exclude", reason="test", note="Ours,  at the booth")
    assert "Marked as junk: it does not count any more." in page
    assert "A test, or a colleague" in page
    assert "Ours, at the booth" in page
    assert facts(mail) == (None, 0, False)
    assert differences(alice.organization) == []
    feed = alice.url("responses:feed")
    assert f"responses/{mail.response.pk}/" not in alice.get(feed).content.decode()
    junk = alice.get(feed, {"state": "junk"}).content.decode()
    assert "A test, or a colleague: <bdi>Ours, at the booth</bdi>" in junk

    # The customer goes on answering: it is kept, and counts as little.
    send(ada, Shown(ada.get(mail.link(3))), 3, "It was me")
    assert (mail.response.score, mail.response.comment) == (3, "It was me")
    assert facts(mail) == (None, 0, False)
    assert differences(alice.organization) == []

    change = ResponseChange.objects.get(response=mail.response)
    back = alice.url("responses:take_back", pk=mail.response.pk, change=change.pk)
    assert "It is as it was before." in alice.post(back, follow=True).content.decode()
    assert facts(mail) == (3, 1, True)
    assert differences(alice.organization) == []
    assert "Somebody has marked this response since" in alice.post(back, follow=True).content.decode()
    told = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert told[-2:] == ["response.junked", "response.mark_taken_back"]


def test_what_settles_does_not_count_when_it_is_junk(mail: Mail, ada: Client, alice: Person) -> None:
    ada.get(mail.link(9))
    marked(alice, mail.response, "exclude", reason="spam")
    press(ada, Shown(ada.get(mail.link(9))), 9)
    assert mail.response.verdict == "confirmed"
    assert facts(mail) == (None, 0, False)
    assert differences(alice.organization) == []
    marked(alice, mail.response, "include")
    assert facts(mail) == (9, 1, True)
    assert differences(alice.organization) == []


def test_tags_are_put_on_counted_by_and_taken_off(mail: Mail, ada: Client, alice: Person) -> None:
    press(ada, Shown(ada.get(mail.link(9))), 9)
    marked(alice, mail.response, "add_tag", name=" Billing  desk ")
    marked(alice, mail.response, "add_tag", name="billing DESK")
    marked(alice, mail.response, "add_tag", name="Praise")
    billing, praise = Tag.objects.order_by("id")
    assert (billing.name, praise.name) == ("Billing desk", "Praise")
    assert mail.response.tags == [billing.pk, praise.pk]
    assert differences(alice.organization) == []
    assert "Billing desk" in alice.get(alice.url("responses:feed")).content.decode()
    page = marked(alice, mail.response, "remove_tag", tag=billing.pk)
    assert "tag Billing desk taken off" in page
    assert mail.response.tags == [praise.pk]
    assert differences(alice.organization) == []
    assert "Name of the tag:" in marked(alice, mail.response, "add_tag", name=" ")


@pytest.fixture
def campaign(alice: Person) -> Campaign:
    return factories.campaign(alice.organization)


@pytest.fixture
def answered(mail: Mail, ada: Client, alice: Person) -> list[Response]:
    """Six people gave 0, 2, 4, 6, 8 and 10 by the product's own road."""
    campaign, scores = mail.invitation.campaign, (0, 2, 4, 6, 8, 10)
    mails = [Mail(factories.invitation(campaign, factories.customer(alice.organization))) for _ in scores]
    for piece in rollups.slices(alice.organization.pk):
        rollups.repair(piece)  # nobody told them that these were sent
    for score, each in zip(scores, mails, strict=True):
        press(ada, Shown(ada.get(each.link(score))), score)
    return list(Response.objects.order_by("score"))


def work(act: ResponseAct, **later: Any) -> ResponseAct:
    act_work.work(act_id=act.pk, clock=lambda: timezone.now() + timedelta(**(later or {"minutes": 1})))
    act.refresh_from_db()
    return act


def test_all_that_match_are_marked_at_once_with_their_effect_foreseen(
    alice: Person, answered: list[Response], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(act_work, "SLICE", 2)
    address = alice.url("responses:bulk") + "?scope=all&category=detractor"
    before = alice.get(address).content.decode()
    assert "4 responses would change" in before
    assert "goes from <strong>−50</strong> to <strong>50</strong>" in before
    form = re.search(r'name="form" value="([^"]+)"', before)
    assert form
    data = {"kind": "exclude", "reason": "spam", "note": "A bot net", "form": form[1]}
    for _twice in range(2):
        page = alice.post(address, data, follow=True).content.decode()
    assert "4 responses, in a moment." in page
    act = ResponseAct.objects.get()
    act_work.work(act_id=act.pk, clock=timezone.now)
    assert Response.objects.counted().count() == 6  # there is time to undo

    assert work(act).status == MarkStatus.DONE
    assert (act.seen, act.changed) == (4, 4)
    assert Response.objects.counted().count() == 2
    assert differences(alice.organization) == []
    assert set(Response.objects.filter(score__lt=7).values_list("excluded_reason", flat=True)) == {"spam"}

    marked(alice, answered[0], "include")  # somebody sees one of them otherwise
    marked(alice, answered[0], "exclude", reason="wrong_person")
    assert "Undo" in alice.get(act.get_absolute_url()).content.decode()
    alice.post(alice.url("responses:act_undo", pk=act.pk))
    assert work(act).status == MarkStatus.UNDONE
    assert act.restored == 3
    assert list(Response.objects.exclude(excluded_at=None)) == [answered[0]]
    assert differences(alice.organization) == []


def test_an_act_on_those_that_were_ticked_is_stopped_and_another_survives_its_worker(
    alice: Person, answered: list[Response], monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [response.pk for response in answered[:3]]
    address = alice.url("responses:bulk") + "?scope=picked&" + "&".join(f"id={pk}" for pk in ids)
    alice.post(address, {"kind": "tag", "name": "Low"})
    act = ResponseAct.objects.get()
    alice.post(alice.url("responses:act_stop", pk=act.pk))
    assert work(act).status == MarkStatus.CANCELLED
    assert not Response.objects.exclude(tags=[]).exists()

    alice.post(address, {"kind": "tag", "name": "Low"})
    second = ResponseAct.objects.order_by("id").last()
    assert second
    monkeypatch.setattr(act_work, "SLICE", 2)
    tag, calls = act_work.marking_slices.tag, []

    def dies(*given: Any) -> list[int]:
        calls.append(given)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return tag(*given)

    monkeypatch.setattr(act_work.marking_slices, "tag", dies)
    with pytest.raises(KeyboardInterrupt):
        work(second)
    second.refresh_from_db()
    assert (second.seen, second.status) == (2, MarkStatus.RUNNING)
    work(second, minutes=2)  # its heartbeat is young: another worker leaves it
    assert second.seen == 2
    assert work(second, hours=1).status == MarkStatus.DONE
    assert (second.seen, second.changed) == (3, 3)
    low = Tag.objects.get()
    assert [response.tags for response in Response.objects.order_by("score")][:4] == [[low.pk]] * 3 + [[]]
    assert differences(alice.organization) == []
    alice.post(alice.url("responses:act_undo", pk=second.pk))
    assert work(second, hours=2).status == MarkStatus.UNDONE
    assert not Response.objects.exclude(tags=[]).exists()


def test_tags_are_renamed_merged_and_deleted(alice: Person, answered: list[Response]) -> None:
    for response, names in zip(answered, (["A"], ["A", "B"], ["B"]), strict=False):
        for name in names:
            marked(alice, response, "add_tag", name=name)
    a, b = Tag.objects.order_by("name")
    taken = alice.post(alice.url("responses:tag", pk=a.pk), {"name": "b"}).content.decode()
    assert "Another tag has this name" in taken
    alice.post(alice.url("responses:tag", pk=a.pk), {"name": "Alpha"})
    page = alice.get(alice.url("responses:tags")).content.decode()
    assert re.search(r"<bdi>Alpha</bdi>.*?>2<.*?<bdi>B</bdi>.*?>2<", page, re.S)

    alice.post(alice.url("responses:tag_merge", pk=a.pk), {"into": b.pk})
    act = ResponseAct.objects.get()
    assert str(act) == "Merge two tags: Alpha → B"
    assert work(act).status == MarkStatus.DONE
    assert not Tag.objects.filter(pk=a.pk).exists()
    assert [response.tags for response in Response.objects.order_by("score")][:4] == [[b.pk]] * 3 + [[]]
    assert differences(alice.organization) == []
    assert "a tag that is gone" in alice.get(answered[0].get_absolute_url()).content.decode()

    alice.post(alice.url("responses:tag_delete", pk=b.pk))
    assert work(ResponseAct.objects.order_by("id").last() or act).changed == 3
    assert not Tag.objects.exists()
    assert not Response.objects.exclude(tags=[]).exists()
    assert differences(alice.organization) == []


def test_a_tag_that_a_saved_view_asks_about_stays(alice: Person, answered: list[Response]) -> None:
    for name in ("A", "B"):
        marked(alice, answered[0], "add_tag", name=name)
    a, b = Tag.objects.order_by("name")
    alice.post(alice.url("views:page", page="overview"), {"name": "Pilots"}, query_params={"tag": a.pk})

    for act, said in (("tag_merge", {"into": b.pk}), ("tag_delete", {})):
        page = alice.post(alice.url(f"responses:{act}", pk=a.pk), said, follow=True).content.decode()
        assert "Saved views ask about it: “Pilots” (Alice). Change or delete them first." in page
    assert not ResponseAct.objects.exists()

    SavedView.objects.get().delete()
    alice.post(alice.url("responses:tag_delete", pk=a.pk))
    assert work(ResponseAct.objects.get()).changed == 1


@pytest.mark.parametrize("seed", range(3))
def test_whatever_colleagues_mark_rollups_and_facts_equal_a_recount(
    alice: Person, answered: list[Response], seed: int
) -> None:
    chance = random.Random(seed)
    Response.objects.filter(pk=answered[1].pk).update(customer=answered[0].customer)
    twice = answered[0].customer_id
    assert twice
    for _ in range(25):
        response = chance.choice(answered)
        acts: list[tuple[str, dict[str, Any]]] = [
            ("exclude", {"reason": chance.choice(JunkReason.values)}),
            ("include", {}),
            ("add_tag", {"name": chance.choice("ABC")}),
            ("remove_tag", {"tag": chance.choice([0, *Tag.objects.values_list("pk", flat=True)])}),
            ("do_not_count_it", {}),
            ("undo_judgement", {}),
        ]
        how, data = chance.choice(acts)
        marked(alice, response, how, **data)
        if chance.random() < 0.4 and (
            latest := ResponseChange.objects.filter(response=response).order_by("-id").first()
        ):
            alice.post(alice.url("responses:take_back", pk=response.pk, change=latest.pk))
    assert differences(alice.organization) == []
    customer = Customer.objects.get(pk=twice)
    found = queries.answer_facts(alice.organization, [customer.pk])[0]
    assert (customer.last_score, customer.answered_count) == (found.last_score, found.answered_count)


def test_an_agent_marks_and_an_analyst_only_looks(alice: Person, bob: Person, answered: list[Response]) -> None:
    page = bob.get(bob.url("responses:feed")).content.decode()
    assert 'name="id"' not in page
    assert bob.get(bob.url("responses:tags")).status_code == 200
    assert bob.post(bob.url("responses:tags"), {"name": "X"}).status_code == 403
    bob.becomes(Role.AGENT)
    assert 'name="id"' in bob.get(bob.url("responses:feed")).content.decode()
    assert acts.newest(alice.organization) == max(response.pk for response in answered)


def test_a_searched_word_is_marked_and_harms_nothing(alice: Person, campaign: Campaign) -> None:
    person = factories.customer(alice.organization)
    factories.response(factories.invitation(campaign, person), 3, "The <b>Invoices</b> & invoices")
    page = alice.get(alice.url("responses:feed"), {"q": "invoices"}).content.decode()
    assert "The &lt;b&gt;<mark>Invoices</mark>&lt;/b&gt; &amp; <mark>invoices</mark>" in page


def test_who_is_erased_is_not_named_in_what_colleagues_noted(mail: Mail, ada: Client, alice: Person) -> None:
    press(ada, Shown(ada.get(mail.link(9))), 9)
    marked(alice, mail.response, "exclude", reason="duplicate", note="Ada Okafor told us twice")
    marked(alice, mail.response, "include")
    alice.post(
        alice.url("responses:bulk") + f"?scope=picked&id={mail.response.pk}",
        {"kind": "exclude", "reason": "other", "note": "Ada Okafor again"},
    )
    act = work(ResponseAct.objects.get())
    alice.post(alice.url("responses:act_undo", pk=act.pk))
    assert work(act).status == MarkStatus.UNDONE
    assert mail.response.is_counted
    with transaction.atomic():
        erase(organization=alice.organization, ids=[mail.invitation.customer_id or 0], at=timezone.now())
    act.refresh_from_db()
    kept = ResponseChange.objects.order_by("id").values_list("changes", flat=True)
    assert "Ada" not in f"{list(kept)} {act.note} {mail.response.excluded_note}"
    assert [change["junk"] for change in kept] == [
        [None, "duplicate"],
        ["duplicate", None],
        [None, "other"],
        ["other", None],
    ]
