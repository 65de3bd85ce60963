"""Copies, deleted drafts, the archive, and the list in which campaigns are found again."""

from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from surveys.accounts.models import AuditEntry, Role
from surveys.campaigns import actions
from surveys.campaigns.actions import versions
from surveys.campaigns.actions.writing import Content
from surveys.campaigns.design import Design, Link, Question, QuestionKind, Variant
from surveys.campaigns.models import Campaign, Status
from surveys.campaigns.texts import Texts, Words, defaults
from surveys.core.choices import Category
from surveys.customers.models import Property, PropertyUse
from tests import factories
from tests.people import Person


@pytest.fixture
def rich(alice: Person) -> Campaign:
    """A draft with something of everything."""
    for key, kind in (("plan", "text"), ("trial_end", "date")):
        Property.objects.create(organization=alice.organization, key=key, label=key, type=kind)
    campaign = factories.campaign(
        alice.organization,
        "Trial",
        kind="triggered",
        trigger="date",
        date_property="trial_end",
        delay_minutes=-3 * 24 * 60,
        audience={"all": [{"field": "p.plan", "op": "is_set"}]},
        exclusions={"all": [{"field": "p.plan", "op": "equals", "value": "Free"}]},
        send_from=time(9),
        send_until=time(17),
        send_days=0b11111,
        sample_share=2500,
        daily_cap=50,
        response_target=100,
        reminders=2,
        priority=3,
        ends_at=timezone.now() + timedelta(days=90),
    )
    with versions.edited(campaign=campaign, by=alice.membership, at=timezone.now()) as edit:
        edit.design = Design(
            questions=(Question("q1", QuestionKind.ONE, frozenset({Category.DETRACTOR}), ("o1", "o2")),),
            links=(Link("l1", "https://example.com/review"),),
            variants=(Variant("A", 5000), Variant("B", 5000)),
            brand_color="#7a1fa2",
        )
        parts: dict[str, Any] = {
            "questions": {"q1": {"text": "Why?", "options": {"o1": "Price", "o2": "Else"}}},
            "links": {"l1": "Rate us"},
        }
        more: dict[str, Any] = {
            "variants": {"B": {"subject": "Hi"}},
            "reminders": [{"intro": "Again"}, {"subject": "Last call"}],
        }
        edit.words["en"] = replace(edit.words["en"], **parts, **more, prompts={"0": "So bad?"})
        edit.words["de"] = replace(edit.words["en"], question="Würden Sie uns empfehlen?")
    campaign.refresh_from_db()
    return campaign


def test_a_copy_equals_what_it_is_a_copy_of(alice: Person, rich: Campaign) -> None:
    alice.post(alice.url("campaigns:duplicate", pk=rich.pk))
    copy = Campaign.objects.exclude(pk=rich.pk).get()
    assert replace(Content.of(copy), name="Trial") == Content.of(rich)
    assert copy.name == "Trial (copy)"
    assert list(Content.of(copy).words) == ["en", "de"]
    held = PropertyUse.objects.filter(user_id=copy.pk).order_by("property__key")
    assert [use.property.key for use in held] == ["plan", "trial_end"]

    # Of a later version it is the later version; what lies in the past does not come along.
    past = {"status": Status.LIVE, "begins_at": timezone.now() - timedelta(days=9), "launched_at": timezone.now()}
    Campaign.objects.filter(pk=rich.pk).update(**past)
    with versions.edited(campaign=rich, by=alice.membership, at=timezone.now()) as edit:
        edit.words["en"] = replace(edit.words["en"], subject="Newer")
    rich.refresh_from_db()
    again = actions.duplicate(campaign=rich, by=alice.membership, at=timezone.now())
    assert (again.version, again.begins_at, again.ends_at) == (1, None, rich.ends_at)
    assert Content.of(again).words["en"].subject == "Newer"


def test_a_deleted_draft_comes_back_with_everything(alice: Person, rich: Campaign) -> None:
    before = Content.of(rich)
    alice.post(alice.url("campaigns:delete", pk=rich.pk))
    assert not Campaign.objects.exists()
    assert not PropertyUse.objects.exists()
    alice.post(alice.url("campaigns:restore", pk=rich.pk))
    assert Content.of(Campaign.objects.get(pk=rich.pk)) == before
    assert PropertyUse.objects.count() == 2


def test_a_draft_that_was_deleted_before_there_were_rules_comes_back_too(alice: Person) -> None:
    campaign = factories.campaign(alice.organization, "Old")
    texts = Texts(**{name: getattr(defaults(), name) for name in Texts.__dataclass_fields__})
    at, by = timezone.now(), alice.membership
    actions.delete(campaign=campaign, by=by, at=at)
    details: dict[str, Any] = {"name": "Old", "audience": {}, "created_by": None, "created_at": at.isoformat()}
    old = details | {"texts": [{"language": "en", **texts.as_dict()}]}
    assert Content.read(old).words == {"en": Words(**texts.as_dict())}


def test_the_archive_is_out_of_the_way_and_nothing_is_lost(alice: Person, bob: Person) -> None:
    live = factories.campaign(alice.organization, "Running", status=Status.LIVE, wave=1, launched_at=timezone.now())
    old = factories.campaign(alice.organization, "Old", status=Status.ENDED, wave=1, ended_at=timezone.now())
    bob.becomes(Role.AGENT)

    def listed(**query: str) -> list[str]:
        rows = alice.get(alice.url("campaigns:list"), query).context["rows"]
        return [campaign.name for campaign, _summary in rows]

    assert bob.post(bob.url("campaigns:archive", pk=old.pk)).status_code == 403
    said = alice.post(alice.url("campaigns:archive", pk=live.pk), follow=True).content.decode()
    assert "Only what has ended can be archived" in said
    alice.post(alice.url("campaigns:archive", pk=old.pk))
    assert (listed(), listed(status="archived")) == (["Running"], ["Old"])
    assert "1 campaign in the archive" in alice.get(alice.url("campaigns:list")).content.decode()
    assert "Take it out of the archive" in alice.get(alice.url("campaigns:detail", pk=old.pk)).content.decode()
    alice.post(alice.url("campaigns:unarchive", pk=old.pk))
    assert listed() == ["Old", "Running"]
    did = AuditEntry.objects.filter(target_id=old.pk).order_by("id").values_list("action", flat=True)
    assert list(did) == ["campaign.archived", "campaign.unarchived"]


def test_the_list_is_narrowed_searched_and_put_in_order(alice: Person) -> None:
    at = timezone.now()
    made = [("beta", "one_off", 1), ("Alpha", "recurring", 3), ("gamma 100%", "one_off", 2)]
    for name, kind, days in made:
        since = at - timedelta(days=days)
        factories.campaign(
            alice.organization, name, status=Status.LIVE, kind=kind, every_days=30, wave=1, launched_at=since
        )
    factories.campaign(alice.organization, "delta")

    def listed(**query: str) -> list[str]:
        rows = alice.get(alice.url("campaigns:list"), query).context["rows"]
        return [campaign.name for campaign, _summary in rows]

    assert listed() == ["delta", "gamma 100%", "Alpha", "beta"]
    assert listed(order="name") == ["Alpha", "beta", "delta", "gamma 100%"]
    assert listed(order="launched") == ["beta", "gamma 100%", "Alpha", "delta"]
    assert listed(kind="recurring") == ["Alpha"]
    assert listed(status="draft") == ["delta"]
    factories.campaign(alice.organization, "over", status=Status.ENDED, wave=1, launched_at=at)
    factories.campaign(alice.organization, "stopped", status=Status.ENDED, wave=1, launched_at=at, cancelled_at=at)
    assert (listed(status="ended"), listed(status="cancelled")) == (["over"], ["stopped"])
    Campaign.objects.filter(status=Status.ENDED).delete()
    assert listed(q="00%") == ["gamma 100%"]
    assert listed(status="nonsense", order="nonsense", before="nonsense") == listed()
    last = Campaign.objects.get(name="beta")
    assert listed(order="name", before=str(last.pk)) == ["delta", "gamma 100%"]
    empty = alice.get(alice.url("campaigns:list"), {"q": "omega"}).content.decode()
    assert "No campaign is like that" in empty


def test_a_campaign_that_recurs_is_ended_and_not_cancelled(alice: Person) -> None:
    campaign = factories.campaign(
        alice.organization, kind="recurring", every_days=30, status=Status.LIVE, wave=1, launched_at=timezone.now()
    )
    assert "End this campaign" in alice.get(alice.url("campaigns:cancel", pk=campaign.pk)).content.decode()
    alice.post(alice.url("campaigns:cancel", pk=campaign.pk))
    campaign.refresh_from_db()
    assert (campaign.standing, campaign.status_reason) == ("Ended", "Ended by Alice.")
