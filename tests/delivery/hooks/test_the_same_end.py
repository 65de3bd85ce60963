"""What is told of a message ends the same in whatever order it comes, how often, and at once."""

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice, permutations
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from pytest_django import Settings

from surveys.analytics.models import InvitationDelta
from surveys.customers.models import Customer, Suppression
from surveys.delivery import actions
from surveys.delivery.actions import telling_series
from surveys.delivery.models import Delivery, DeliveryEvent, Happening, Invitation, MailDomainDay, State
from surveys.delivery.told import Told
from surveys.outbox.models import Event
from tests.delivery.hooks.world import about, operators, part, sent_to
from tests.people import Person

REASONS = {
    Happening.BOUNCED: "bounced",
    Happening.COMPLAINED: "complained",
    Happening.UNSUBSCRIBED: "unsubscribed",
}
NOON = datetime(2026, 5, 31, 12, tzinfo=UTC)


class _TakenBack(Exception):
    """So that one world serves many examples."""


def _events(kinds: Sequence[Happening]) -> list[Told]:
    """Of one message, some minutes apart; the address and the message are filled in later."""
    return [
        Told(
            route="",
            organization=None,
            key=f"{number}",
            kind=kind,
            at=timezone.now() - timedelta(minutes=50 - number),
            said=f"said {number}",
            suppresses=REASONS.get(kind),  # type: ignore[arg-type]
        )
        for number, kind in enumerate(kinds)
    ]


def _end(person: Person, events: Sequence[Told], state: State) -> dict[str, Any]:
    """Everything that is left when these events have been told in this order."""
    found: dict[str, Any] = {}
    try:
        with transaction.atomic():
            delivery = sent_to(person, "ada@example.com", state=state)
            meant = [Told(**{**vars(each), "names": (delivery.message_id,)}) for each in events]
            actions.tell_of(meant, at=timezone.now())
            found = _left(delivery)
            raise _TakenBack
    except _TakenBack:
        return found


def _left(delivery: Delivery) -> dict[str, Any]:
    delivery.refresh_from_db()
    invitation = Invitation.objects.get(pk=delivery.invitation_id or 0)
    counts = MailDomainDay.objects.order_by("pk").values_list(
        "sent", "delivered", "bounced", "soft_bounced", "complained", "unsubscribed"
    )
    return {
        "message": (delivery.state, delivery.reason, delivery.last_error, bool(delivery.sent_at)),
        "invitation": (bool(invitation.sent_at), invitation.bounced_at, invitation.complained_at),
        "unsubscribed": bool(invitation.unsubscribed_at),
        "customer": Customer.objects.get(pk=delivery.customer_id or 0).suppression,
        "suppressions": list(Suppression.objects.order_by("pk").values_list("reason", "source")),
        "counts": sorted(counts),
        "bounced once": Event.objects.filter(kind="invitations.bounced").count(),
        "sent once": Event.objects.filter(kind="invitations.sent").count(),
        "rollups": sum(InvitationDelta.objects.values_list("bounced", flat=True)),
    }


@pytest.mark.django_db
@hypothesis(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(list(Happening)), min_size=2, max_size=5),
    st.randoms(use_true_random=False),
    st.sampled_from([State.SENT, State.UNCERTAIN, State.CANCELLED]),
)
def test_any_order_and_any_repetition_end_the_same(
    alice: Person, kinds: list[Happening], dice: Any, state: State
) -> None:
    events = _events(kinds)
    shuffled = [*events, *dice.sample(events, len(events) // 2)]
    dice.shuffle(shuffled)

    assert _end(alice, shuffled, state) == _end(alice, events, state)


@pytest.mark.django_db
def test_the_worst_that_was_told_stands(alice: Person) -> None:
    kinds = (Happening.DELIVERED, Happening.DELAYED, Happening.BOUNCED, Happening.COMPLAINED)
    ends = [_end(alice, order, State.UNCERTAIN) for order in islice(permutations(_events(kinds)), 0, None, 5)]

    assert all(end == ends[0] for end in ends)
    assert ends[0]["message"] == ("bounced", "It came back: the address does not take it.", "said 2", True)
    assert ends[0]["suppressions"] == [("complained", "provider")]
    assert ends[0]["counts"] == [(1, 1, 1, 0, 1, 0)]
    assert (ends[0]["bounced once"], ends[0]["sent once"], ends[0]["rollups"]) == (1, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_the_same_report_posted_by_many_at_once_counts_once(alice: Person, settings: Settings) -> None:
    road = operators("sendgrid", settings)
    ada, bea = (sent_to(alice, f"{name}@example.com") for name in ("ada", "bea"))
    request = road.request(
        about(ada, part("sendgrid", "bounced")),
        about(bea, part("sendgrid", "delivered")),
        about(ada, part("sendgrid", "complained")),
    )
    statuses: list[int] = []

    def post() -> None:
        try:
            statuses.append(road.send(request).status_code)
        finally:
            connection.close()

    posts = [threading.Thread(target=post) for _ in range(6)]
    for thread in posts:
        thread.start()
    for thread in posts:
        thread.join()

    assert statuses == [200] * 6
    assert DeliveryEvent.objects.count() == 3
    assert Event.objects.filter(kind="invitations.bounced").count() == 1
    assert Suppression.objects.get().reason == "complained"
    day = MailDomainDay.objects.get()
    assert (day.delivered, day.bounced, day.complained) == (1, 1, 1)


# ── Bounces for now ──────────────────────────────────────────────────────────────────────────────────────────────────
def _soft(day: float, message: int = 1) -> tuple[str, datetime, int]:
    return "soft_bounced", NOON + timedelta(days=day), message


def _delivered(day: float) -> tuple[str, datetime, int]:
    return "delivered", NOON + timedelta(days=day), 9


@pytest.mark.parametrize(
    ("told", "day"),
    [
        ([_soft(0), _soft(1), _soft(2)], 2),
        ([_soft(0, 1), _soft(0.1, 2), _soft(0.2, 3)], 0.2),
        ([_soft(0), _soft(0.1), _soft(0.2), _soft(0.3)], None),
        ([_soft(0), _soft(1), _delivered(1.5), _soft(2)], None),
        ([_soft(0), _soft(1), _delivered(1.5), _soft(2), _soft(3), _soft(4)], 4),
        ([_soft(0), _soft(16), _soft(31)], None),
        ([_soft(0), _soft(1), _soft(2), _delivered(3)], 2),
    ],
    ids=[
        "three days",
        "three messages",
        "tries of one",
        "delivered between",
        "again",
        "too far apart",
        "delivered later",
    ],
)
def test_a_series_of_bounces_for_now(told: list[tuple[str, datetime, int | None]], day: float | None) -> None:
    expected = None if day is None else NOON + timedelta(days=day)
    assert telling_series.first_series(told) == expected


@pytest.mark.django_db
def test_an_address_that_bounces_three_times_is_spared_and_a_late_delivery_takes_that_back(
    alice: Person, settings: Settings
) -> None:
    road = operators("postmark", settings)
    ada = sent_to(alice, "ada@example.com")
    others = [_another(ada), _another(ada)]
    soft, delivered = part("postmark", "soft_bounced"), part("postmark", "delivered")
    ago = {days: timezone.now() - timedelta(days=days) for days in (9, 7, 6, 3)}

    road.post(about(ada, soft, at=ago[9]))
    road.post(about(others[0], soft, at=ago[6]))
    assert Customer.objects.get(pk=ada.customer_id or 0).suppression == ""
    road.post(about(others[1], soft, at=ago[3]))
    assert Customer.objects.get(pk=ada.customer_id or 0).suppression == "bounced"
    shown = alice.get(alice.url("customers:suppressions")).content.decode()
    assert "several bounces in a row" in shown

    road.post(about(_another(ada), delivered, at=ago[7]))
    assert Customer.objects.get(pk=ada.customer_id or 0).suppression == ""
    assert not Suppression.objects.exists()


def _another(of: Delivery) -> Delivery:
    """A message more to the same person."""
    copy = Delivery.objects.get(pk=of.pk)
    copy.pk, copy.kind, copy.provider_id = None, f"reminder-{Delivery.objects.count()}", f"{of.provider_id}9"
    copy.save()
    return copy
