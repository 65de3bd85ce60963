"""The pages about mail, full and empty, wide and narrow, light and dark."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from surveys.accounts.models import User
from surveys.delivery import actions
from surveys.delivery.deliverability import counting
from surveys.delivery.deliverability.counting import Column, Counted
from surveys.delivery.models import Delivery, Kind, Pace, Queue, RouteState, State
from tests.delivery.world import live_campaign
from tests.helpers import looks
from tests.people import Person

SignIn = Callable[[Page, object], None]


@pytest.mark.django_db(transaction=True)
def test_pages_about_mail_can_be_read_everywhere(page: Page, alice: Person, sign_in_browser: SignIn) -> None:
    User.objects.filter(pk=alice.membership.user_id).update(is_staff=True)
    sign_in_browser(page, alice.membership.user)
    deliverability = alice.url("delivery:deliverability")
    page.goto(deliverability)
    found = [f"empty: {problem}" for problem in looks.problems(page)]

    _troubles(alice)
    for address in (deliverability, live_campaign(alice.organization).get_absolute_url(), "/operator/mail/"):
        page.goto(address)
        found += [f"{address}: {problem}" for problem in looks.problems(page)]

    assert found == []


def _troubles(alice: Person) -> None:
    at = timezone.now()
    live_campaign(alice.organization, "Stopped")
    for days in range(1, 5):
        for domain, n in (("gmail.com", 500), ("a-rather-long-name-of-a-company.example", 120)):
            columns = {Column.SENT: n, Column.BOUNCED: n // 8, Column.COMPLAINED: n // 40, Column.UNSUBSCRIBED: 3}
            day = (at - timedelta(days=days)).date()
            counting.add([Counted(alice.organization.pk, day, domain, *one) for one in columns.items()], at=at)
    Pace.objects.create(
        key="domain::gmail.com", tokens=0, filled_at=at, slowed_rate=0.5, slowed_until=at + timedelta(hours=1),
        reason="421 slower",
    )  # fmt: skip
    RouteState.objects.create(
        route="", unreachable_until=at + timedelta(hours=1), failures=3, problem="refused", updated_at=at
    )
    Delivery.objects.create(
        organization=alice.organization, kind=Kind.ASK, queue=Queue.BULK, state=State.UNCERTAIN, due_at=at,
        created_at=at, uncertain_at=at, to_address="ada@example.com",
    )  # fmt: skip
    actions.stop_the_bad(at=at)
