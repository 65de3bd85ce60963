"""Who is listed as likely to leave: by a rule on the page, with the facts; and changing the rule."""

import random
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from surveys.accounts.models import AuditEntry, Role
from surveys.analytics.over_time import risk
from surveys.analytics.over_time.risk_parts import USUAL, Kind, Part, Rule
from surveys.customers.models import Customer, Property, Segment
from surveys.responses.models import Response
from tests import factories
from tests.analytics.people import tell
from tests.people import Person

AT = timezone.now()
TODAY = AT.date()


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def asked(person: Customer, campaign: Any, on: datetime, occasion: str) -> None:
    """As the machine that sends would leave it."""
    factories.invitation(campaign, person, sent_at=on, occasion=occasion)
    Customer.objects.filter(pk=person.pk).update(last_asked_at=on, asked_count=person.asked_count + 5)


def test_the_list_says_of_each_person_which_parts_apply_with_the_facts(alice: Person) -> None:
    campaign = factories.campaign(alice.organization)
    ada, ben, cleo = (factories.customer(alice.organization, name=name) for name in ("Ada", "Ben", "Cleo"))
    tell(campaign, [(ada, 9, days_ago(100)), (ben, 4, days_ago(60)), (cleo, 9, days_ago(50))])
    (low,) = tell(campaign, [(ada, 3, days_ago(40))], comment="Too slow", sentiment=-1)
    asked(ada, campaign, AT - timedelta(days=20), "wave:2")
    asked(ada, campaign, AT - timedelta(days=10), "wave:3")
    asked(ada, campaign, AT - timedelta(days=2), "wave:4")  # may still be answered
    page = alice.get(alice.url("analytics:risk"))
    ((person, _worth),) = page.context["people"].rows
    assert person.customer == ada
    assert [reason.part.kind for reason in person.reasons] == [Kind.LOW, Kind.FELL, Kind.SILENT, Kind.COMMENT]
    facts = [reason.fact for reason in person.reasons]
    assert facts[1].startswith("From 9 on ")
    assert facts[2].startswith("2 asks without an answer since the score of ")
    assert (facts[3].startswith("“Too slow” (score 3, "), person.reasons[3].response) == (True, low)
    assert [reason.part.kind for reason in risk.reasons(ben, AT, sees_hidden=True)] == [Kind.LOW]
    assert risk.reasons(cleo, AT, sees_hidden=True) == []
    text = page.content.decode()
    assert "This is a rule, not a prediction" in text
    assert "The latest score is 6 or lower." in text


@pytest.mark.parametrize("seed", range(2))
def test_set_wise_and_one_by_one_agree_on_random_people(alice: Person, seed: int) -> None:
    """The list of a million and the reasons of one person are two statements: they say the same, as does plain Python."""
    rng = random.Random(seed)
    campaign = factories.campaign(alice.organization)
    Property.objects.create(organization=alice.organization, key="mrr", label="MRR", type="number")
    people = [
        factories.customer(
            alice.organization,
            suppression=rng.choice(["", "", "unsubscribed"]),
            properties=rng.choice([{}, {"mrr": 900}, {"mrr": 20}, {"mrr": "much"}]),
        )
        for _ in range(30)
    ]
    told = [(rng.choice(people[:26]), rng.randrange(11), days_ago(rng.randrange(200))) for _ in range(70)]
    tell(campaign, told[:35], sentiment=-1, comment="Bad")
    tell(campaign, told[35:])
    for number, person in enumerate(rng.sample(people, 15)):
        asked(person, campaign, AT - timedelta(days=rng.randrange(60)), f"wave:{number}")
        asked(person, campaign, AT - timedelta(days=rng.randrange(8, 60)), f"wave:{number + 100}")
    parts = (*USUAL.parts, Part.usual(Kind.WORTH, key="mrr", least=500), Part(Kind.WHO, {"where": _ANSWERED_ONCE}))
    everybody = list(Customer.objects.filter(organization=alice.organization).order_by("pk"))
    for least in range(1, 5):
        rule = risk.asked(alice.organization, AT, rule=Rule(parts, least))
        found = {customer.pk for customer in risk.listed(rule)}
        explained = risk.explained(rule, everybody, sees_hidden=True)
        assert found == {who.customer.pk for who in explained if len(who.reasons) >= least}
        assert found == {person.pk for person in everybody if _applies(person) >= least}
        assert risk.count(rule) == len(found)


_ANSWERED_ONCE = {"all": [{"field": "answered_count", "op": "at_least", "value": 1}]}


def _applies(person: Customer) -> int:
    """The rule once more, in Python, from the rows."""
    answers = list(Response.objects.filter(customer=person).order_by("responded_at", "id"))
    scores = [answer.score for answer in answers]
    low = bool(scores) and scores[-1] <= 6
    category = [(score >= 7) + (score >= 9) for score in scores]
    fell = len(scores) > 1 and (scores[-2] - scores[-1] >= 3 or category[-2] > category[-1])
    since = answers[-1].responded_at if answers else AT
    asks = person.invitation_set.filter(sent_at__gt=since, sent_at__lt=AT - timedelta(days=7))
    bad = any(answer.sentiment == -1 and answer.day > days_ago(90) for answer in answers)
    worth = person.properties.get("mrr")
    rich = isinstance(worth, int) and worth >= 500 and bool(scores) and scores[-1] <= 8
    gone = person.suppression == "unsubscribed" and low
    return sum([low, fell, asks.count() >= 2, bad, gone, rich, bool(scores)])


def test_pages_go_on_where_the_last_one_ended(alice: Person) -> None:
    campaign = factories.campaign(alice.organization)
    people = [factories.customer(alice.organization) for _ in range(60)]
    tell(campaign, [(person, 9, days_ago(100)) for person in people] + [(person, 2, days_ago(9)) for person in people])
    first = alice.get(alice.url("analytics:risk")).context["people"]
    second = alice.get(first.next_url).context["people"]
    seen = [person.customer.pk for person, _worth in [*first.rows, *second.rows]]
    assert (first.count, len(first.rows), second.next_url) == ("60 people", 50, "")
    assert sorted(seen) == sorted(person.pk for person in people)


FORM = {"low": "on", "low_most": "4", "fell_points": "3", "silent_asks": "2", "comment_days": "90", "gone_most": "6"}


def test_changing_the_rule_counts_first_is_noted_and_can_be_reset(alice: Person) -> None:
    campaign = factories.campaign(alice.organization)
    ada, ben = factories.customer(alice.organization), factories.customer(alice.organization)
    tell(campaign, [(ada, 9, days_ago(100)), (ada, 3, days_ago(9)), (ben, 4, days_ago(9))])
    address = alice.url("analytics:risk_rule")
    form = FORM | {"least": "1", "version": "0", "worth_most": "8"}
    shown = alice.post(address, form | {"save": "1"})
    assert (shown.context["effect"].before, shown.context["effect"].after) == (1, 2)
    assert not AuditEntry.objects.filter(action="risk_rule.changed").exists()
    assert alice.post(address, form | {"save": "all"}).status_code == 302
    assert risk.rule_of(alice.organization) == Rule((Part(Kind.LOW, {"most": 4}),), 1, 1)
    assert AuditEntry.objects.get(action="risk_rule.changed").details["changed"]["least"] == [2, 1]
    late = alice.post(address, form | {"least": "1", "low_most": "5", "save": "all"})
    assert "Somebody else changed the rule meanwhile" in late.content.decode()
    alice.post(alice.url("analytics:risk_reset"), {"version": "1"})
    assert risk.rule_of(alice.organization) == Rule(USUAL.parts, USUAL.least, 2)


def test_a_rule_that_lists_nobody_or_lacks_a_number_is_refused(alice: Person) -> None:
    address = alice.url("analytics:risk_rule")
    form = FORM | {"least": "2", "version": "0", "save": "1"}
    assert "The rule has only 1 parts" in alice.post(address, form).content.decode()
    assert (
        "This part needs a value here." in alice.post(address, form | {"least": "1", "low_most": ""}).content.decode()
    )
    nothing = {"least": "1", "version": "0", "save": "1"}
    assert "Choose at least one part" in alice.post(address, nothing).content.decode()
    who = form | {"least": "1", "who": "on"}
    assert "Add a condition below" in alice.post(address, who).content.decode()


def test_a_condition_of_ones_own_and_what_is_hidden_from_agents(alice: Person, bob: Person) -> None:
    """Bob, an analyst, sees that a part applies, and neither the property nor its value."""
    Property.objects.create(
        organization=alice.organization, key="debt", label="Debt", type="number", visible_to_agents=False
    )
    ada = factories.customer(alice.organization, name="Ada", properties={"debt": 7000})
    row = {"c.word": "all", "c-0.field": "p.debt", "c-0.op": "at_least", "c-0.value": "5000"}
    form = {"who": "on", "least": "1", "version": "0", "save": "all"} | row
    assert alice.post(alice.url("analytics:risk_rule"), form).status_code == 302
    ((person, worth),) = alice.get(alice.url("analytics:risk")).context["people"].rows
    assert (person.customer, worth, person.latest) == (ada, "7,000", None)
    seen = bob.get(bob.url("analytics:risk")).content.decode()
    assert "A condition about a property that you may not see." in seen
    assert "Debt" not in seen
    assert "7000" not in seen
    assert "7,000" not in seen
    bob.becomes(Role.AGENT)
    assert bob.get(bob.url("analytics:risk_rule")).status_code == 403


def test_what_the_rule_asks_about_cannot_be_deleted_as_long_as_it_asks(alice: Person) -> None:
    debt, mrr = (
        Property.objects.create(organization=alice.organization, key=key, label=key.upper(), type="number")
        for key in ("debt", "mrr")
    )
    times = {"created_at": AT, "updated_at": AT}
    segment = Segment.objects.create(
        organization=alice.organization, name="Answered", conditions=_ANSWERED_ONCE, **times
    )
    row = {"c.word": "all", "c-0.field": "p.debt", "c-0.op": "at_least", "c-0.value": "5000"}
    row |= {"c-1.field": "segment", "c-1.op": "in", "c-1.value": str(segment.pk)}
    worth = {"worth": "on", "worth_key": "mrr", "worth_least": "500", "worth_most": "8"}
    form = {"who": "on", "least": "1", "version": "0", "save": "all"} | row | worth
    assert alice.post(alice.url("analytics:risk_rule"), form).status_code == 302
    addresses = [alice.url("customers:property_delete", pk=found.pk) for found in (debt, mrr)]
    for address in [*addresses, alice.url("customers:segment_delete", pk=segment.pk)]:
        refused = alice.post(address, {"confirm": "yes"}, follow=True).content.decode()
        assert alice.url("analytics:risk_rule") in refused
    assert Property.objects.filter(pk__in=[debt.pk, mrr.pk]).count() == 2
    alice.post(alice.url("analytics:risk_reset"), {"version": "1"})
    alice.post(alice.url("customers:segment_delete", pk=segment.pk))
    assert not Segment.objects.exists()


def test_filters_look_at_the_latest_answer_and_files_hold_the_list(alice: Person) -> None:
    campaigns = [factories.campaign(alice.organization, name) for name in ("Pulse", "Yearly")]
    ada, ben = (factories.customer(alice.organization, name=name) for name in ("Ada", "Ben"))
    for person, campaign in ((ada, campaigns[0]), (ben, campaigns[1])):
        tell(campaign, [(person, 9, days_ago(100)), (person, 2, days_ago(9))])
    query = f"?campaign={campaigns[1].pk}"
    rows = alice.get(alice.url("analytics:risk") + query).context["people"].rows
    assert [person.customer for person, _worth in rows] == [ben]
    told = alice.get(alice.url("analytics:export", page="people", table="risk", form="csv") + query)
    text = b"".join(told).decode()
    assert "Ben" in text
    assert "Ada" not in text
