"""Customers who answered, and the conversations about it, at the times that a story needs."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from surveys.accounts.models import Membership, Organization, Role, User
from surveys.customers.models import Customer
from surveys.inbox.actions import changing, turns
from surveys.inbox.actions.opening import open_conversation
from surveys.inbox.models import Conversation, Team, TeamMember
from surveys.outbox import actions as outbox
from surveys.outbox.models import Event
from surveys.responses.models import Response
from tests import factories
from tests.people import Person

MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)  # office hours are from nine to five, in UTC
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass
class Desk:
    alice: Person

    def __post_init__(self) -> None:
        self.campaign = factories.campaign(self.organization)

    @property
    def organization(self) -> Organization:
        return self.alice.organization

    @property
    def by(self) -> Membership:
        return self.alice.membership

    def colleague(self, name: str, role: Role = Role.AGENT) -> Person:
        return Person(factories.member(self.organization, factories.user(f"{name}@example.com"), role))

    def answer(self, score: int = 2, comment: str = "", person: Customer | None = None) -> Response:
        asked = factories.invitation(self.campaign, person or factories.customer(self.organization))
        return factories.response(asked, score, comment, at=MONDAY)

    def opens(self, response: Response | None = None, at: datetime = MONDAY, **more: Any) -> Conversation:
        about = response or self.answer()
        given: dict[str, Any] = {"by": None, "customer": None} | more
        return open_conversation(organization=self.organization, response=about, at=at, **given)

    def we_write(self, conversation: Conversation, at: datetime, by: User | None = None) -> Conversation:
        with transaction.atomic():
            turns.we_wrote(conversation=changing.held(conversation), by=by or self.by.user, at=at)
        return fresh(conversation)

    def they_write(self, conversation: Conversation, at: datetime) -> Conversation:
        with transaction.atomic():
            turns.customer_wrote(conversation=changing.held(conversation), at=at)
        return fresh(conversation)

    def team(self, name: str, *people: Person, **fields: Any) -> Team:
        made = Team.objects.create(organization=self.organization, name=name, created_at=MONDAY, **fields)
        for person in people:
            TeamMember.objects.create(organization=self.organization, team=made, user=person.membership.user)
        return made

    def goes_on(self, at: datetime) -> None:
        """What follows from events, as tasks do it."""
        outbox.drain(at=at)

    def told(self, kind: str) -> list[dict[str, Any]]:
        found = Event.objects.filter(organization=self.organization, kind=f"conversation.{kind}")
        return list(found.order_by("pk").values_list("payload", flat=True))


def fresh(conversation: Conversation) -> Conversation:
    return Conversation.objects.select_related("organization").get(pk=conversation.pk)


def kinds(conversation: Conversation) -> list[str]:
    return list(conversation.changes.order_by("pk").values_list("kind", flat=True))


def together(*acts: Callable[[], Any]) -> list[Any]:
    """Each in a connection of its own, at the same moment: what they returned or raised, in the order of `acts`."""
    start = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(number: int) -> None:
        start.wait(timeout=20)
        try:
            results[number] = acts[number]()
        except Exception as error:
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[number]) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.fixture
def desk(alice: Person) -> Desk:
    return Desk(alice)
