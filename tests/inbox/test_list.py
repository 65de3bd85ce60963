"""The inbox: what stands in it for whom, found and in order, at the same price with ten and with ten thousand."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from surveys.accounts.models import Organization, Role, SavedView
from surveys.customers.models import Property
from surveys.inbox.actions import opening, turns
from surveys.inbox.models import Conversation, ConversationChange, Message, MessageKind, Priority, Status, Team
from tests import factories
from tests.people import Person


def answered(of: Organization, score: int, comment: str = "", name: str = "", **fields: Any) -> Conversation:
    """A conversation about what somebody answered just now."""
    person = factories.customer(of, name=name or f"Customer of {score}", **fields)
    campaign = of.campaign_set.first() or factories.campaign(of)
    response = factories.response(factories.invitation(campaign, person), score, comment)
    opened = opening.open_conversation(
        organization=of, response=response, customer=None, by=None, at=response.responded_at
    )
    opened.refresh_from_db()
    return opened


def names(page: Any) -> list[str]:
    """Whose conversations a page lists, in its order."""
    return [str(line.row.conversation.customer) for line in page.context["lines"]]


def test_each_box_holds_what_its_name_says_and_tells_how_many(alice: Person, bob: Person) -> None:
    acme = alice.organization
    bob.becomes(Role.AGENT)
    hers, unassigned, bobs, waiting, asleep, closed = (
        answered(acme, score, name=name)
        for score, name in enumerate(["Hers", "Free", "Bobs", "Waiting", "Asleep", "Closed"])
    )
    alice.post(alice.url("inbox:take", pk=hers.pk), {"version": hers.version})
    bob.post(bob.url("inbox:take", pk=bobs.pk), {"version": bobs.version})
    turns.we_wrote(conversation=waiting, by=alice.membership.user, at=timezone.now())
    alice.post(alice.url("inbox:snooze", pk=asleep.pk), {"until": "tomorrow"})
    alice.post(alice.url("inbox:close", pk=closed.pk), {"reason": "solved"})
    boxes = {
        "mine": ["Hers"],
        "unassigned": ["Free"],
        "open": ["Bobs", "Free", "Hers"],
        "waiting": ["Waiting"],
        "snoozed": ["Asleep"],
        "closed": ["Closed"],
    }

    for box, expected in boxes.items():
        page = alice.get(alice.url("inbox:list"), {"box": box})
        assert sorted(names(page)) == expected, box
        counts = {each.key: each.count.count for each in page.context["boxes"] if each.count}
        assert counts == {key: len(rows) for key, rows in boxes.items()}
    assert names(alice.get(alice.url("inbox:list"))) == ["Hers"]
    assert alice.get(alice.url("analytics:overview")).content.count(b'<span class="count">1<') == 1
    assert unassigned.assignee_id is None
