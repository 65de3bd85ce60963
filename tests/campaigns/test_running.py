"""From draft to ended: who may, what happens, and what happens when two do it at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import timezone

from surveys.accounts.models import AuditEntry, Role
from surveys.campaigns import actions
from surveys.campaigns.actions import NotDraft, NotLive, NotPaused, NotRunning, NotScheduled, WrongStatus
from surveys.campaigns.models import Campaign, Status
from surveys.campaigns.texts import defaults
from surveys.core.conditions.tree import EVERYONE
from surveys.outbox.models import Event
from tests import factories
from tests.people import Person

Act = Callable[..., object]


def at_status(person: Person, status: Status) -> Campaign:
    starts_at = timezone.now() if status == Status.SCHEDULED else None
    wave = 0 if status == Status.DRAFT else 1
    return factories.campaign(person.organization, status=status, wave=wave, starts_at=starts_at)


def events(campaign: Campaign) -> list[str]:
    return list(Event.objects.filter(object_id=campaign.pk).order_by("id").values_list("kind", flat=True))


def fresh(campaign: Campaign) -> Campaign:
    return Campaign.objects.get(pk=campaign.pk)


def test_a_launch_waits_for_undo_and_then_goes_live_once(alice: Person) -> None:
    campaign, now = at_status(alice, Status.DRAFT), timezone.now()
    wait = timedelta(seconds=settings.UNDO_SECONDS)

    actions.launch(campaign=campaign, by=alice.membership, at=now)
    assert actions.start_due(at=now + wait - timedelta(milliseconds=1)) == 0
    assert fresh(campaign).status == Status.SCHEDULED

    assert actions.start_due(at=now + wait) == 1
    assert actions.start_due(at=now + wait) == 0
    campaign = fresh(campaign)
    assert (campaign.status, campaign.launched_at, campaign.occasion) == (Status.LIVE, now + wait, "wave:1")
    assert events(campaign) == ["campaign.scheduled", "campaign.launched"]


def test_undo_leaves_no_trace_but_in_the_audit_trail(alice: Person) -> None:
    campaign, now = at_status(alice, Status.DRAFT), timezone.now()

    actions.launch(campaign=campaign, by=alice.membership, at=now)
    actions.undo_launch(campaign=campaign, by=alice.membership, at=now)

    assert actions.start_due(at=now + timedelta(days=1)) == 0
    campaign = fresh(campaign)
    assert (campaign.status, campaign.wave, campaign.starts_at) == (Status.DRAFT, 0, None)
    audited = (
        AuditEntry.objects.filter(target_id=campaign.pk, target_type="campaign")
        .order_by("id")
        .values_list("action", flat=True)
    )
    assert list(audited) == ["campaign.launched", "campaign.launch_undone"]


def test_pausing_says_who_did_it_and_resuming_forgets_it(alice: Person) -> None:
    campaign = at_status(alice, Status.LIVE)

    actions.pause(campaign=campaign, by=alice.membership, at=timezone.now())
    assert "Alice" in fresh(campaign).status_reason

    actions.resume(campaign=campaign, by=alice.membership, at=timezone.now())
    assert (fresh(campaign).status, fresh(campaign).status_reason) == (Status.LIVE, "")
    assert events(campaign) == ["campaign.paused", "campaign.resumed"]


def test_an_automatic_pause_says_why_and_changes_nothing_the_second_time(alice: Person) -> None:
    campaign, reason = at_status(alice, Status.LIVE), "The mail server refused the sender address."

    assert actions.pause_because(campaign=campaign, reason=reason, at=timezone.now())
    assert not actions.pause_because(campaign=campaign, reason="Something else.", at=timezone.now())

    assert (fresh(campaign).status, fresh(campaign).status_reason) == (Status.PAUSED, reason)
    assert events(campaign) == ["campaign.paused"]


def test_finishing_ends_what_is_running_and_leaves_the_rest(alice: Person) -> None:
    live, paused = at_status(alice, Status.LIVE), at_status(alice, Status.PAUSED)

    assert actions.finish(campaign=live, at=timezone.now())
    assert not actions.finish(campaign=live, at=timezone.now())
    assert actions.finish(campaign=paused, reason="Its time has come.", at=timezone.now())

    for campaign in (live, paused):
        assert (fresh(campaign).status, fresh(campaign).is_cancelled) == (Status.ENDED, False)
        assert events(campaign) == ["campaign.ended"]
    assert (fresh(live).status_reason, fresh(paused).status_reason) == ("", "Its time has come.")


ARROWS: list[tuple[Act, type[WrongStatus], set[Status]]] = [
    (actions.launch, NotDraft, {Status.DRAFT}),
    (actions.undo_launch, NotScheduled, {Status.SCHEDULED}),
    (actions.pause, NotLive, {Status.LIVE}),
    (actions.resume, NotPaused, {Status.PAUSED}),
    (actions.cancel, NotRunning, {Status.LIVE, Status.PAUSED}),
    (actions.delete, NotDraft, {Status.DRAFT}),
]


@pytest.mark.parametrize(("act", "otherwise", "allowed"), ARROWS)
def test_every_other_arrow_is_refused_and_changes_nothing(
    alice: Person, act: Act, otherwise: type[WrongStatus], allowed: set[Status]
) -> None:
    for status in Status:
        campaign = at_status(alice, status)
        if status in allowed:
            act(campaign=campaign, by=alice.membership, at=timezone.now())
            continue
        with pytest.raises(otherwise):
            act(campaign=campaign, by=alice.membership, at=timezone.now())
        assert fresh(campaign).status == status
        assert events(campaign) == []
        assert not AuditEntry.objects.filter(target_id=campaign.pk, target_type="campaign").exists()


def everything(campaign: Campaign, person: Person, at: datetime) -> list[Callable[[], object]]:
    by = person.membership
    texts = defaults()
    return [
        lambda: actions.create(name="New", texts=texts, by=by, at=at),
        lambda: actions.duplicate(campaign=campaign, by=by, at=at),
        lambda: actions.edit(campaign=campaign, name="Other", texts=texts, by=by, at=at),
        lambda: actions.choose_audience(campaign=campaign, audience=EVERYONE, by=by, at=at),
        lambda: actions.launch(campaign=campaign, by=by, at=at),
        lambda: actions.undo_launch(campaign=campaign, by=by, at=at),
        lambda: actions.pause(campaign=campaign, by=by, at=at),
        lambda: actions.resume(campaign=campaign, by=by, at=at),
        lambda: actions.cancel(campaign=campaign, by=by, at=at),
        lambda: actions.delete(campaign=campaign, by=by, at=at),
    ]


def test_only_owners_and_admins_write_and_run_campaigns(alice: Person, bob: Person) -> None:
    for role in (Role.OWNER, Role.ADMIN):
        bob.becomes(role)
        for act in everything(at_status(alice, Status.DRAFT), bob, timezone.now()):
            with suppress(WrongStatus):  # allowed, only not now
                act()

    campaign = at_status(alice, Status.DRAFT)
    before = Campaign.objects.count()
    for role in (Role.AGENT, Role.ANALYST):
        bob.becomes(role)
        for act in everything(campaign, bob, timezone.now()):
            with pytest.raises(PermissionDenied):
                act()
    assert Campaign.objects.count() == before
    assert fresh(campaign).updated_at == campaign.updated_at


# ── At once, with real connections ───────────────────────────────────────────────────────────────────────────────────


def at_once(*acts: Callable[[], object]) -> list[str]:
    """Run each on a connection of its own, started together; "done" or the name of what it raised."""
    gate = Barrier(len(acts))

    def run(act: Callable[[], object]) -> str:
        try:
            gate.wait(timeout=10)
            return "done" if act() is not False else "nothing"
        except WrongStatus as error:
            return type(error).__name__
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(pool.map(run, acts))


@pytest.mark.django_db(transaction=True)
def test_of_two_who_press_launch_at_once_one_wins(alice: Person) -> None:
    for _round in range(5):
        campaign, now = at_status(alice, Status.DRAFT), timezone.now()
        launch = lambda campaign=campaign, now=now: actions.launch(campaign=campaign, by=alice.membership, at=now)  # noqa: E731

        assert at_once(launch, launch) == ["NotDraft", "done"]

        assert fresh(campaign).wave == 1
        assert events(campaign) == ["campaign.scheduled"]


@pytest.mark.django_db(transaction=True)
def test_undo_and_start_at_the_same_moment_never_both_happen(alice: Person) -> None:
    for _round in range(10):
        campaign, now = at_status(alice, Status.SCHEDULED), timezone.now()
        undo = lambda campaign=campaign, now=now: actions.undo_launch(campaign=campaign, by=alice.membership, at=now)  # noqa: E731
        start = lambda now=now: actions.start_due(at=now) > 0  # noqa: E731

        outcome = at_once(undo, start)

        status = fresh(campaign).status
        if status == Status.DRAFT:
            assert outcome == ["done", "nothing"]
            assert "campaign.launched" not in events(campaign)
        else:
            assert (status, outcome) == (Status.LIVE, ["NotScheduled", "done"])
            assert "campaign.launch_undone" not in events(campaign)
        Campaign.objects.filter(pk=campaign.pk).update(status=Status.ENDED)


@pytest.mark.django_db(transaction=True)
def test_launching_and_editing_at_once_never_sends_words_that_were_changed_afterwards(alice: Person) -> None:
    for _round in range(5):
        campaign, now = at_status(alice, Status.DRAFT), timezone.now()

        def edit(campaign: Campaign = campaign, now: datetime = now) -> None:
            actions.edit(campaign=campaign, name="Edited", texts=defaults(), by=alice.membership, at=now)

        def launch(campaign: Campaign = campaign, now: datetime = now) -> None:
            actions.launch(campaign=campaign, by=alice.membership, at=now)

        outcome = at_once(edit, launch)

        assert outcome in (["done", "done"], ["NotDraft", "done"])
        assert (fresh(campaign).name == "Edited") == (outcome == ["done", "done"])
