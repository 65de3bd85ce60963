"""The pages that explain, in a real browser: in light and dark, wide and narrow, with names of a hundred characters."""

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Page

from surveys.campaigns.models import Kind, Status
from surveys.delivery.models import Delivery, PlanDecision, Queue, Reason
from surveys.delivery.models import Kind as Message
from tests import factories
from tests.helpers import looks
from tests.people import Person

SignIn = Callable[[Page, object], None]
LONG = "Donaudampfschifffahrtsgesellschaftskapitaensmuetzenabzeichenverordnungsentwurfsbegutachtungsstelle-X"


def test_pages_that_explain_look_right(alice: Person, page: Page, sign_in_browser: SignIn) -> None:
    now, company = timezone.now(), alice.organization
    live = factories.campaign(company, LONG, Status.LIVE, wave=1, launched_at=now, planned_at=now)
    ada = factories.customer(company, f"{LONG[:60]}@{LONG[:60]}.example", name=LONG, last_asked_at=now)
    for key in "AB":
        factories.invitation(live, factories.customer(company), variant=key)
    Delivery.objects.create(
        organization=company, campaign=live, kind=Message.ASK, queue=Queue.BULK, due_at=now, created_at=now
    )
    PlanDecision.objects.create(
        organization=company,
        campaign=live,
        customer=ada,
        occasion="wave:1",
        reason=Reason.THROTTLED,
        until=now + timedelta(days=9),
        blocker=live.pk,
        decided_at=now,
    )
    draft = factories.campaign(company, LONG, kind=Kind.RECURRING, every_days=7)
    sign_in_browser(page, alice.membership.user)
    addresses = [
        alice.url("delivery:calendar"),
        alice.url("campaigns:check", pk=draft.pk) + "?rate=many",
        alice.url("campaigns:foreseen", pk=draft.pk),
        alice.url("campaigns:people", pk=live.pk),
        alice.url("campaigns:detail", pk=live.pk),
        ada.get_absolute_url(),
    ]
    found = []
    for address in addresses:
        page.goto(address)
        found += [f"{address}: {problem}" for problem in looks.problems(page)]
    assert not found, "\n".join(found)
