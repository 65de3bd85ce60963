"""An organization with a campaign, where customers answer at the times that a story needs, and rules look at it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from surveys.accounts.models import Organization
from surveys.automation.actions import rules, silence, stepping
from surveys.automation.checking import Draft
from surveys.automation.models import Rule, RuleRun, RuleStep
from surveys.customers.models import Customer
from surveys.delivery.models import Delivery, Invitation, Kind
from surveys.outbox import actions as outbox
from surveys.responses import actions as responses
from surveys.responses import survey_queries
from surveys.responses.models import Response
from surveys.responses.survey import Evidence
from tests import factories
from tests.people import Person

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

DETRACTORS = {"all": [{"field": "category", "op": "one_of", "value": ["detractor"]}]}
MAIL = {
    "kind": "email",
    "subject": "Hello {{ first_name|there }}",
    "text": "You said {{ score }}.",
    "from": "organization",
}


def wait(minutes: int) -> dict[str, Any]:
    return {"kind": "wait", "minutes": minutes}


@dataclass
class World:
    alice: Person

    def __post_init__(self) -> None:
        self.campaign = factories.campaign(self.organization)
        self._names = iter(range(1, 10_000))

    @property
    def organization(self) -> Organization:
        return self.alice.organization

    def rule(self, trigger: str, *actions: dict[str, Any], at: datetime = NOON - DAY, **more: Any) -> Rule:
        """Switched on since then."""
        draft = Draft(name=f"Rule {next(self._names)}", trigger=trigger, actions=list(actions), **more)
        made = rules.create(draft=draft, by=self.alice.membership, at=at)
        rules.switch_on(rule=made, by=self.alice.membership, at=at)
        made.refresh_from_db()
        return made

    def asked(self, person: Customer, at: datetime = NOON - HOUR) -> Invitation:
        return factories.invitation(self.campaign, person, at, occasion=f"wave:{next(self._names)}")

    def answered(
        self, person: Customer | Invitation, score: int, comment: str | None = None, at: datetime = NOON
    ) -> Response:
        """On their page, by hand; by a customer to a new ask."""
        asked = person if isinstance(person, Invitation) else self.asked(person, at - HOUR)
        survey = survey_queries.survey_of(asked.pk)
        assert survey is not None
        answer = responses.Answer(score, comment)
        return responses.answer(to=survey, answer=answer, evidence=Evidence(), at=at)

    def goes_on(self, at: datetime) -> None:
        """Everything that waits is done, as tasks do it."""
        outbox.drain(at=at)
        stepping.work(at=at)

    def falls_silent(self, at: datetime) -> int:
        return silence.sweep(at=at)

    def tells(self, kind: str, subject: Any, at: datetime, **payload: Any) -> None:
        with transaction.atomic():
            outbox.publish(kind, subject, at=at, **payload)

    @property
    def mails(self) -> list[tuple[str, str]]:
        sent = Delivery.objects.filter(kind=Kind.AUTOMATION).order_by("pk")
        return [(each.to_address, (each.content or {}).get("subject", "")) for each in sent]


def outcome(rule: Rule, response: Response | None = None) -> str | None:
    runs = RuleRun.objects.filter(rule=rule)
    runs = runs.filter(response=response) if response else runs
    return runs.order_by("pk").values_list("outcome", flat=True).first()


def steps(rule: Rule) -> list[tuple[str, str]]:
    found = RuleStep.objects.filter(run__rule=rule).order_by("run", "position")
    return list(found.values_list("kind", "state"))


def said(rule: Rule) -> list[str]:
    return list(RuleStep.objects.filter(run__rule=rule).order_by("run", "position").values_list("said", flat=True))


@pytest.fixture
def world(alice: Person) -> World:
    return World(alice)


@pytest.fixture
def okafor(world: World) -> Customer:
    return factories.customer(world.organization, "ada@example.com", name="Ada Okafor")


Maker = Callable[..., Rule]
