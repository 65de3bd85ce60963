"""A connection is removed: what that means is said before, rules go on naming it, and it can be brought back for a day."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from surveys.automation.models import Rule, Trigger
from surveys.integrations import secrets
from surveys.integrations.actions import pruning, sending
from surveys.integrations.actions.posting import post
from surveys.integrations.models import Hook, HookPost
from tests.delivery.provider_world import Answer, api
from tests.integrations.test_posting import hook
from tests.people import Person


@pytest.fixture(autouse=True)
def _private_hosts(settings: Settings) -> None:
    settings.PRIVATE_MAIL_HOSTS = True


def rule(alice: Person, *actions: dict[str, Any]) -> Rule:
    at = timezone.now()
    about = {"name": "Detractors", "trigger": Trigger.CONFIRMED, "actions": list(actions)}
    return Rule.objects.create(organization=alice.organization, created_at=at, updated_at=at, **about)


def test_it_names_its_rules_keeps_its_name_in_them_and_comes_back_with_what_waited(alice: Person) -> None:
    with api(lambda _call: Answer(200)) as server:
        made = hook(alice, server.url)
        uses = rule(alice, {"kind": "hook", "hook": made.pk})
        waiting = [post(hook=made, key=str(n), facts={"type": "a"}, at=timezone.now()) for n in range(2)]
        remove = alice.url("integrations:remove", pk=made.pk)
        asked = alice.get(remove).content.decode()
        assert "Detractors" in asked
        assert "2 posts that wait are cancelled" in asked
        for _ in range(2):
            gone = alice.post(remove, follow=True).content.decode()
        assert "The connection “Support channel” was removed." in gone
        assert sending.work(clock=timezone.now) == 0
        waiting.append(post(hook=made, key="late", facts={"type": "a"}, at=timezone.now()))  # who does not know yet
        assert [(each.state, each.ended) for each in HookPost.objects.order_by("pk")] == [("cancelled", "removed")] * 3
        assert alice.get(made.get_absolute_url()).status_code == 404

        page = alice.get(alice.url("automation:rule", pk=uses.pk)).content.decode()
        assert "Support channel (not there any more)" in page
        assert f"#{made.pk}" not in page
        edit = alice.get(alice.url("automation:edit", pk=uses.pk)).content.decode()
        assert "There is no connection “Support channel” (any more). Choose another." in edit
        assert "Support channel (not there any more)</option>" in edit

        back = alice.post(alice.url("integrations:restore", pk=made.pk), follow=True).content.decode()
        assert "is back, with 3 posts that waited" in back
        assert "Detractors" in back
        assert sending.work(clock=timezone.now) == len(server.calls) == len(waiting)
    assert alice.post(alice.url("integrations:restore", pk=made.pk)).status_code == 302, "twice changes nothing"
    trail = alice.get(alice.url("audit:trail")).content.decode()
    assert "brought the connection" in trail


def test_what_was_tried_before_comes_back_in_its_place(alice: Person) -> None:
    answers = [Answer(500)]
    with api(lambda _call: answers.pop() if answers else Answer(200)) as server:
        made = hook(alice, server.url)
        first, second = [post(hook=made, key=str(n), facts={"type": "a"}, at=timezone.now()) for n in range(2)]
        assert sending.work(clock=timezone.now) == 1
        alice.post(alice.url("integrations:remove", pk=made.pk))
        alice.post(alice.url("integrations:restore", pk=made.pk))
        assert sending.work(clock=timezone.now, most=1) == 1
        assert HookPost.objects.get(state="posted") == first
        assert sending.work(clock=timezone.now) == 1
        assert HookPost.objects.filter(state="posted").latest("posted_at") == second


def test_what_is_taken_meanwhile_or_erased_does_not_come_back(alice: Person, charlie: Person) -> None:
    made = hook(alice, "https://hooks.example.com/s3cret")
    post(hook=made, key="a", facts={"type": "a"}, at=timezone.now())
    restore = alice.url("integrations:restore", pk=made.pk)
    alice.post(alice.url("integrations:remove", pk=made.pk))
    again = hook(alice, "https://hooks.example.com/", name="support CHANNEL")
    taken = alice.post(restore, follow=True).content.decode()
    assert "There is a connection “Support channel” already." in taken
    assert charlie.post(charlie.url("integrations:restore", pk=made.pk)).status_code == 404
    Hook.objects.filter(pk=again.pk).update(name="Another")

    late = timezone.now() + timedelta(hours=25)
    assert pruning.forget_removed(at=late) == 1
    row = Hook.ever.get(pk=made.pk)
    assert (row.address, row.secret, row.host, HookPost.objects.count()) == ("", "", "", 0)
    assert "was erased. Add the connection anew." in alice.post(restore, follow=True).content.decode()
    assert secrets.address_of(Hook.objects.get()) == "https://hooks.example.com/"
