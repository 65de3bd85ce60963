"""Who is told of an answer, and that it is told once however it changes."""

from datetime import timedelta

import pytest

from surveys.accounts.models import Role
from surveys.alerts.models import How, Matter, Notification
from surveys.customers import actions as customers
from surveys.customers.models import Segment
from surveys.outbox import actions as outbox
from surveys.outbox.models import Event
from surveys.responses import actions as responses
from surveys.responses.actions import Junk
from surveys.responses.models import Response, Verdict
from tests import factories
from tests.alerts.test_mails import choose
from tests.alerts.world import MINUTE, World

SECOND = timedelta(seconds=1)


def test_usually_agents_hear_of_detractors_at_once_admins_once_a_day_and_analysts_of_none(office: World) -> None:
    erin = factories.member(office.alice.organization, factories.user("erin@example.com"), Role.ANALYST)
    office.answers(office.customer("Ada"), 3)
    office.answers(office.customer("Ben"), 9)

    assert [each.is_for_digest for each in office.told(office.bob)] == [False]
    assert [each.is_for_digest for each in office.told(office.alice)] == [True]
    assert not Notification.objects.filter(user=erin.user).exists()


def test_a_response_that_changes_within_a_moment_is_one_alert(office: World) -> None:
    response = office.answers(office.customer("Ada"), 2)
    assert response.invitation is not None
    office.answers(response.invitation, 4, "Slow", after=30 * SECOND)
    office.answers(response.invitation, 4, "Slow, and dear", after=90 * SECOND)

    assert office.bell(office.bob) == ["Ada answered 4, a detractor, in Pulse"]
    assert office.mails(office.now + 2 * MINUTE) == [], "it waits for what is still being typed"
    assert office.mails(office.now + 3 * MINUTE) == ["bob@example.com"]
    assert "Slow, and dear" in office.sink.received[0].text


def test_a_slip_of_the_finger_goes_and_what_falls_into_my_category_comes(office: World) -> None:
    slipped = office.answers(office.customer("Ada"), 1)
    fell = office.answers(office.customer("Ben"), 9)
    assert slipped.invitation is not None
    assert fell.invitation is not None
    office.answers(slipped.invitation, 10, after=20 * SECOND)
    office.answers(fell.invitation, 2, after=timedelta(hours=1))

    assert office.bell(office.bob) == ["Ben answered 2, a detractor, in Pulse"]
    assert office.mails(office.now + timedelta(hours=2)) == ["bob@example.com"]


@pytest.mark.parametrize("how", ["junk", "judged", "erased"])
def test_what_does_not_count_any_more_alerts_nobody(office: World, how: str) -> None:
    response = office.answers(office.customer("Ada"), 1)
    by, at = office.alice.membership, office.now + SECOND
    if how == "junk":
        responses.exclude(responses=[response.pk], junk=Junk("spam"), by=by, at=at)
    elif how == "judged":
        responses.do_not_count_it(response=response, by=by, at=at)
    else:
        customers.erase(organization=office.alice.organization, ids=[response.customer_id or 0], at=at)

    shown = office.bell(office.bob) + office.bell(office.alice)
    assert not any("Ada" in line for line in shown)
    if how != "erased":
        assert not Notification.objects.exists()
    assert not any("Ada" in mail.text for mail in office.sink.received if office.mails(at + MINUTE))


def test_what_is_provisional_or_old_news_alerts_nobody(office: World) -> None:
    response = office.answers(office.customer("Ada"), 9)
    Response.objects.filter(pk=response.pk).update(verdict=Verdict.PROVISIONAL, score=1)
    Event.objects.update(handled_at=None)
    outbox.drain(at=office.now)
    assert not Notification.objects.exists()

    Response.objects.filter(pk=response.pk).update(verdict=Verdict.CONFIRMED)
    Event.objects.update(handled_at=None, at=office.now - timedelta(days=2))
    outbox.drain(at=office.now)
    assert not Notification.objects.exists()


def test_only_of_my_customers_and_of_segments_that_i_chose(office: World) -> None:
    about_vip = {"all": [{"field": "email", "op": "contains", "value": "vip"}]}
    segment = Segment.objects.create(
        organization=office.alice.organization,
        name="Important",
        conditions=about_vip,
        created_at=office.now,
        updated_at=office.now,
    )
    choose(office, segments=[segment.pk], categories=[], only_owned=True, how={Matter.RESPONSE: How.OFF})
    mine = {"owner": office.bob.membership.user}
    for name, fields in (("Ada", mine), ("VipBen", mine), ("VipCem", {})):
        office.answers(office.customer(name, **fields), 10)

    assert office.bell(office.bob) == ["VipBen answered 10, a promoter, in Pulse"]


def test_a_comment_that_comes_later_is_an_alert_of_its_own(office: World) -> None:
    choose(office, how={Matter.COMMENT: How.AT_ONCE}, categories=[])
    response = office.answers(office.customer("Ada"), 8)
    assert response.invitation is not None
    assert len(office.mails(office.now + MINUTE)) == 1
    office.answers(response.invitation, 8, "One thing is missing", after=10 * MINUTE)

    assert len(office.mails(office.now + 11 * MINUTE)) == 2
    assert office.sink.messages[1]["Subject"] == "A comment was written · Acme"
    assert office.bell(office.bob)[0] == "Ada, who answered 8, wrote a comment"


def test_in_whichever_order_tasks_hear_of_score_and_comment_the_mail_leaves(office: World) -> None:
    """Usually comments are told by the bell alone."""
    office.answers(office.customer("Ada"), 2, "Slow")
    Notification.objects.all().delete()
    for kind in ("response.commented", "response.confirmed"):
        Event.objects.filter(kind=kind).update(handled_at=None)
        outbox.drain(at=office.now)

    assert office.mails(office.now + MINUTE) == ["bob@example.com"]
    assert len(office.told(office.bob)) == 1
