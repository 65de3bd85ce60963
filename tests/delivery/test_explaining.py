"""A customer's record says of each running campaign why they are asked or not, by the rule that planning uses."""

import re
from datetime import datetime, timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.formats import date_format

from surveys.campaigns.models import Campaign, Kind, Priority, Status, Trigger
from surveys.customers.models import Customer, Property
from surveys.delivery.models import PlanDecision, Reason
from tests import factories
from tests.people import Person

NOW = timezone.now()


def live(person: Person, name: str, **fields: object) -> Campaign:
    return factories.campaign(person.organization, name, Status.LIVE, wave=1, launched_at=NOW, **fields)


def why(person: Person, customer: Customer) -> dict[str, str]:
    """What the card says, by campaign."""
    page = person.get(customer.get_absolute_url()).content.decode()
    card = page[page.index('id="why-title"') :] if 'id="why-title"' in page else ""
    rows = re.findall(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", card.partition("</section>")[0], re.DOTALL)
    return {_text(name): _text(said.partition('<span class="muted')[0]) for name, said in rows}


def _text(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", "", html)).split())


def day(moment: object) -> str:
    return date_format(moment, "j F Y", use_l10n=False)  # type: ignore[arg-type]


@pytest.fixture
def ada(alice: Person) -> Customer:
    return factories.customer(
        alice.organization, "ada@example.com", properties={"plan": "Pro", "trial_end": "2100-05-14"}
    )


def test_what_was_decided_names_who_asked_and_until_when(alice: Person, ada: Customer) -> None:
    onboarding = live(alice, "Onboarding")
    ada.last_asked_at = NOW - timedelta(days=12)
    ada.save()
    factories.invitation(onboarding, ada, ada.last_asked_at)
    pulse = live(alice, "Pulse")
    PlanDecision.objects.create(
        organization=alice.organization,
        campaign=pulse,
        customer=ada,
        occasion="wave:1",
        reason=Reason.THROTTLED,
        until=NOW + timedelta(days=78),
        blocker=onboarding.pk,
        decided_at=NOW,
    )
    told = why(alice, ada)
    until = day(NOW + timedelta(days=78))
    assert told["Pulse"] == f"Not asked yet: asked 12 days ago by Onboarding, free on {until}."
    assert told["Onboarding"] == f"Asked on {day(ada.last_asked_at)}; no answer yet."
    page = alice.get(ada.get_absolute_url()).content.decode()
    assert f'asked 12 days ago by <a href="{onboarding.get_absolute_url()}">' in page


def test_what_was_not_decided_is_worked_out_by_the_same_rule(alice: Person, ada: Customer) -> None:
    declare_properties(alice)
    live(alice, "Teams", audience={"all": [{"field": "p.plan", "op": "one_of", "value": ["Team"]}]})
    live(alice, "Wave")
    live(alice, "Over", planned_at=NOW)
    live(alice, "Not Pro", exclusions={"all": [{"field": "p.plan", "op": "one_of", "value": ["Pro"]}]})
    live(alice, "Broken", audience={"all": [{"field": "p.gone", "op": "one_of", "value": ["x"]}]})
    live(alice, "Pulse", kind=Kind.RECURRING, every_days=1)
    live(
        alice,
        "Trial",
        kind=Kind.TRIGGERED,
        trigger=Trigger.DATE,
        date_property="trial_end",
        delay_minutes=-24 * 60,
    )
    live(alice, "Shipped", kind=Kind.TRIGGERED, trigger=Trigger.EVENT, event_kind="order.delivered")
    assert why(alice, ada) == {
        "Teams": "Not in the audience.",
        "Wave": "Gets it.",
        "Over": "Not asked: joined the audience after the people of this wave were chosen.",
        "Not Pro": "Does not get it: excluded by the campaign's own conditions.",
        "Broken": "Its audience cannot be understood any more.",
        "Pulse": f"The next turn is on {day(NOW + timedelta(days=1))}.",
        "Trial": "Its day is 13 May 2100.",
        "Shipped": "Nothing happened yet that it asks about (order.delivered).",
    }


def declare_properties(alice: Person) -> None:
    for key, kind in (("plan", "text"), ("trial_end", "date")):
        Property.objects.create(organization=alice.organization, key=key, label=key.capitalize(), type=kind)


def recurring(person: Person, name: str, every_days: int) -> Campaign:
    """Launched a while ago, in the middle of its cycle."""
    ago = NOW - timedelta(days=every_days // 2)
    kind = {"kind": Kind.RECURRING, "every_days": every_days}
    return factories.campaign(person.organization, name, Status.LIVE, wave=1, launched_at=ago, **kind)


def test_a_turn_before_they_are_free_again_says_so_and_a_missing_date_is_named(alice: Person, ada: Customer) -> None:
    Property.objects.create(organization=alice.organization, key="signed_up", label="Signed up, 100%", type="date")
    declare_properties(alice)
    wave = live(alice, "Wave", planned_at=NOW)
    ada.last_asked_at = NOW
    ada.save()
    factories.invitation(wave, ada, NOW)
    for number in range(8):
        recurring(alice, f"Pulse {number}", every_days=150)
    by_date = {"kind": Kind.TRIGGERED, "trigger": Trigger.DATE}
    live(alice, "Welcome", date_property="signed_up", **by_date)
    live(alice, "Trial", date_property="trial_end", **by_date)  # long after they are free

    told = why(alice, ada)

    free = NOW + timedelta(days=alice.organization.throttle_days)
    for number in range(8):
        turn = told[f"Pulse {number}"].removeprefix("The next turn is on ").partition(".")[0]
        is_too_soon = datetime.strptime(turn, "%d %B %Y").date() < free.date()
        later = f" Gets it later: asked today by Wave, free on {day(free)}." if is_too_soon else ""
        assert told[f"Pulse {number}"] == f"The next turn is on {turn}.{later}"
    assert told["Welcome"] == "Signed up, 100% is not known of this customer."
    assert told["Trial"] == "Its day is 14 May 2100."


def test_a_campaign_of_higher_priority_goes_first_before_it_is_decided(alice: Person, ada: Customer) -> None:
    urgent = live(alice, "Churn", priority=Priority.HIGHEST, planned_at=NOW)
    PlanDecision.objects.create(
        organization=alice.organization,
        campaign=urgent,
        customer=ada,
        occasion="event:1",
        reason=Reason.WAITING,
        until=NOW + timedelta(days=2),
        decided_at=NOW,
    )
    live(alice, "Wave")
    assert why(alice, ada)["Wave"].startswith("Gets it later: Churn, of higher priority, asks first, decided again on ")


def test_who_unsubscribed_reads_it_everywhere_and_drafts_say_nothing(alice: Person, ada: Customer) -> None:
    live(alice, "Wave")
    factories.campaign(alice.organization, "Draft")
    ada.suppression = "unsubscribed"
    ada.save()
    assert why(alice, ada) == {"Wave": "Does not get it: unsubscribed."}


def test_more_campaigns_cost_no_more_statements(alice: Person, ada: Customer) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as found:
            alice.get(ada.get_absolute_url())
        return len(found)

    live(alice, "One")
    statements()
    before = statements()
    for number in range(5):
        live(alice, f"Another {number}")
    assert statements() == before
