"""What needs attention: each rule lists what it should, counts what its link shows, and is silent otherwise."""

import re
from datetime import date, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import timezone

from surveys.analytics.choices import choices
from surveys.analytics.overview.attention import attention
from surveys.analytics.upkeep import rollups
from surveys.campaigns.models import Campaign
from surveys.core.filters import Filters
from surveys.customers.models import Property
from surveys.delivery.models import Invitation
from surveys.responses import queries as responses
from surveys.responses.models import Response, Verdict
from tests import factories
from tests.people import Person


@pytest.fixture
def campaign(alice: Person) -> Campaign:
    Property.objects.create(organization=alice.organization, key="plan", label="Plan", type="text", segmentable=True)
    return factories.campaign(alice.organization)


def answers(of: Campaign, days_ago: int, count: int, plan: str = "Pro", **fields: Any) -> None:
    """So many invitations were sent that day, and answered."""
    at = timezone.now() - timedelta(days=days_ago)
    combination = factories.property_set(of.organization, plan=plan)
    person = factories.customer(of.organization, property_set=combination)
    scores, comment = fields.pop("scores", [9]), fields.pop("comment", "")
    sent = [_invitation(of, person, at, f"{days_ago}:{plan}:{number}", **fields) for number in range(count)]
    verdict = fields.get("verdict", Verdict.CONFIRMED)
    Response.objects.bulk_create(
        Response(
            organization=of.organization,
            campaign=of,
            customer=person,
            invitation=invitation,
            property_set=combination,
            channel="email",
            language="en",
            score=scores[number % len(scores)],
            comment=comment,
            verdict=verdict,
            day=at.date(),
            responded_at=at,
            updated_at=at,
        )
        for number, invitation in enumerate(Invitation.objects.bulk_create(sent))
    )


def _invitation(of: Campaign, person: Any, at: datetime, occasion: str, **fields: Any) -> Invitation:
    bounced = at if fields.get("bounced") else None
    return Invitation(
        organization=of.organization,
        campaign=of,
        customer=person,
        occasion=occasion,
        version=1,
        language="en",
        property_set=person.property_set,
        created_at=at,
        claimed_at=at,
        sent_at=at,
        sent_day=at.date(),
        bounced_at=bounced,
    )


def listed(person: Person) -> list[str]:
    """Title and why of everything on the list, in its order."""
    for piece in rollups.slices(person.organization.pk):
        rollups.repair(piece)
    page = person.get(person.url("analytics:overview")).content.decode()
    card = page.split('id="attention-heading"')[1].split("</section>")[0]
    return [
        " ".join(unescape(re.sub(r"<[^>]+>", " ", item)).split()) for item in re.findall(r"<li>(.*?)</li>", card, re.S)
    ]


def test_where_all_is_as_usual_nothing_is_listed(alice: Person, campaign: Campaign) -> None:
    for days_ago in range(1, 56):
        answers(campaign, days_ago, 3, scores=[9, 8, 5])
    assert listed(alice) == []
    page = alice.get(alice.url("analytics:overview")).content.decode()
    assert "Nothing needs attention" in page


def test_each_thing_that_stands_out_is_listed_with_why(alice: Person, campaign: Campaign) -> None:
    for days_ago in range(1, 56):
        answers(campaign, days_ago, 3, "Team", scores=[9, 8, 5])
        answers(campaign, days_ago, 3, "Pro", scores=[9, 9, 8] if days_ago > 28 else [2, 3, 8])
    answers(campaign, 2, 25, "Team", scores=[0], verdict=Verdict.QUARANTINED)
    answers(campaign, 3, 4, "Team", scores=[9], comment="")
    at = timezone.now() - timedelta(days=2)
    person = factories.customer(alice.organization)
    Invitation.objects.bulk_create(_invitation(campaign, person, at, f"b{n}", bounced=True) for n in range(20))
    answers(campaign, 1, 2, "Team", scores=[1], comment="Too slow")

    found = " | ".join(listed(alice))
    for said in (
        "Plan: Pro fell",
        "More mails bounce than usual",
        "More answers than usual look like robots'",
        "detractors wrote why",
        "In the last 14 days; 2 have no tag",
    ):
        assert said in found
    assert "Plan: Team" not in found
    assert found.index("Plan: Pro fell") < found.index("detractors wrote why")


def test_the_figure_of_unheard_detractors_is_what_their_link_shows_until_all_are_tagged(
    alice: Person, campaign: Campaign
) -> None:
    answers(campaign, 1, 3, scores=[1], comment="Too slow")
    answers(campaign, 40, 3, scores=[1], comment="Long ago")
    (item,) = listed(alice)
    assert "3 detractors wrote why" in item
    page = alice.get(alice.url("analytics:overview")).content.decode()
    link = re.search(r'href="[^"]*\?([^"]*category=detractor[^"]*)">Read them', page)
    assert link
    filters = Filters.from_query(QueryDict(unescape(link[1])))
    found = responses.matching(alice.organization, filters)
    assert found.count() == 3
    for response in found:
        alice.post(alice.url("responses:add_tag", pk=response.pk), {"name": "Seen"})
    assert listed(alice) == []
    other = factories.campaign(alice.organization, "Other")
    today: date = timezone.now().date()
    dimensions = choices(alice.organization, sees_hidden=True).dimensions
    nothing = attention(alice.organization, dimensions, other.pk, today, timezone.now())
    assert nothing.unheard.responses == 0
