"""An organization whose customers answer, an agent who is told, and mails that go to the real SMTP server."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from pytest_django import Settings

from surveys.accounts.models import Organization, Role
from surveys.alerts.actions import mailing
from surveys.alerts.gathering import Gathered
from surveys.alerts.models import Notification
from surveys.customers.models import Customer
from surveys.delivery import keeping, sending
from surveys.delivery.models import Invitation, Queue
from surveys.outbox import actions as outbox
from surveys.responses import actions as responses
from surveys.responses import survey_queries
from surveys.responses.models import Response
from surveys.responses.survey import Evidence
from tests import factories
from tests.helpers.smtp import SmtpSink
from tests.people import Person

MINUTE = timedelta(minutes=1)


@pytest.fixture
def by_smtp(settings: Settings) -> Iterator[None]:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    keeping.hang_up()
    yield
    keeping.hang_up()


@dataclass
class World:
    """It lies where it is about noon whenever a test runs: the mail of the day, and the next day, are hours away."""

    alice: Person
    bob: Person  # an agent
    sink: SmtpSink

    def __post_init__(self) -> None:
        self.campaign = factories.campaign(self.alice.organization)
        self.now = timezone.now()

    def local(self, at: datetime) -> datetime:
        return at.astimezone(ZoneInfo(self.alice.organization.time_zone))

    def customer(self, name: str, **fields: object) -> Customer:
        address = f"{name.split()[0].lower()}@example.com"
        return factories.customer(self.alice.organization, address, name=name, **fields)

    def answers(
        self, who: Customer | Invitation, score: int, comment: str | None = None, *, after: timedelta = MINUTE * 0
    ) -> Response:
        """On their page, by hand; what listens has listened then."""
        asked = who if isinstance(who, Invitation) else factories.invitation(self.campaign, who, self.now)
        survey = survey_queries.survey_of(asked.pk)
        assert survey is not None
        at = self.now + after
        made = responses.answer(to=survey, answer=responses.Answer(score, comment), evidence=Evidence(), at=at)
        outbox.drain(at=at)
        return made

    def mails(self, at: datetime) -> list[str]:
        """What has left by then: recipients, of alerts alone."""
        mailing.mail_due(at=at)
        sending.send_due(Queue.EMAIL)
        return self.sink.recipients()

    def bell(self, person: Person) -> list[str]:
        """As the page says it: what is about one thing is one line."""
        return [each.newest.sentence for each in self.shown(person)]

    def shown(self, person: Person) -> list[Gathered]:
        return list(person.get(person.url("alerts:list")).context["told"])

    def told(self, person: Person) -> list[Notification]:
        return list(Notification.objects.filter(user=person.membership.user).order_by("pk"))


@pytest.fixture
def office(alice: Person, bob: Person, smtp_sink: SmtpSink) -> World:
    bob.becomes(Role.AGENT)
    move_to_noon(alice.organization)
    return World(alice, bob, smtp_sink)


def move_to_noon(organization: Organization) -> None:
    """To a zone where the day is that of UTC, and the clock between twelve and one."""
    organization.time_zone = f"Etc/GMT{timezone.now().hour - 12:+d}"  # what lies east has a minus there
    organization.save(update_fields=["time_zone"])
