"""The people and the campaign of a run, and what the database says of them at the end."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

import psycopg2
from django.db import connection
from django.utils import timezone

from surveys.analytics.upkeep import rollups
from surveys.campaigns.models import Campaign, Status
from surveys.delivery.models import Delivery, Invitation, State
from surveys.outbox.models import Event
from surveys.responses.models import ClickEvent, Response, Verdict
from tests import factories
from tests.chaos import faults
from tests.chaos.reckoning import NOTHING, Stored

_PEOPLE: Final = """
    INSERT INTO surveys_customer (organization_id, email, name, language, time_zone, properties, suppression,
        created_at, updated_at, asked_count, answered_count)
    SELECT %(organization)s, email, 'Person ' || n, '', '', '{}', '', %(at)s, %(at)s, 0, 0
    FROM unnest(%(people)s::text[]) WITH ORDINALITY AS one(email, n) ORDER BY n
"""
# Every moment at which a message was listed as uncertain; its row keeps the last one only. And every change of state
# that docs/delivery.md has no arrow for: out of an end, or on its way without having been claimed.
_HISTORY: Final = """
    CREATE TABLE chaos_doubt (delivery bigint NOT NULL, at timestamptz NOT NULL);
    CREATE FUNCTION chaos_note_doubt() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
        INSERT INTO public.chaos_doubt VALUES (NEW.id, clock_timestamp());
        RETURN NULL;
    END $$;
    CREATE TRIGGER chaos_doubt AFTER UPDATE OF state ON surveys_delivery FOR EACH ROW
    WHEN (NEW.state = 'uncertain' AND OLD.state <> 'uncertain') EXECUTE FUNCTION chaos_note_doubt();
    CREATE TABLE chaos_leap (delivery bigint NOT NULL, old text NOT NULL, new text NOT NULL);
    CREATE FUNCTION chaos_note_leap() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
        INSERT INTO public.chaos_leap VALUES (NEW.id, OLD.state, NEW.state);
        RETURN NULL;
    END $$;
    CREATE TRIGGER chaos_leap AFTER UPDATE OF state ON surveys_delivery FOR EACH ROW
    WHEN (NEW.state IN ('due', 'claimed', 'sending', 'uncertain')
            AND OLD.state NOT IN ('due', 'claimed', 'sending', 'uncertain')
        OR OLD.state = 'due' AND NEW.state = 'sending'
        OR OLD.state = 'uncertain' AND NEW.state IN ('claimed', 'sending')) EXECUTE FUNCTION chaos_note_leap();
"""


def keep_history(owner_url: str) -> None:
    with psycopg2.connect(owner_url) as owner, owner.cursor() as cursor:
        cursor.execute(_HISTORY)


def launch(people: int) -> Campaign:
    """A campaign for so many people, live."""
    owner = factories.organization(factories.user("chaos@example.com"), "Chaos")
    at = timezone.now()
    addresses = [faults.address(number) for number in range(people)]
    params: dict[str, Any] = {"organization": owner.organization.pk, "people": addresses, "at": at}
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE, params)
    return factories.campaign(owner.organization, "Chaos", Status.LIVE, wave=1, launched_at=at)


def is_over(campaign: Campaign) -> bool:
    return Campaign.objects.filter(pk=campaign.pk, status__in=(Status.ENDED, Status.PAUSED)).exists()


def is_quiet() -> bool:
    """Every answer has settled, and every event was handled."""
    settling = Response.objects.filter(verdict=Verdict.PROVISIONAL)
    return not (settling.exists() or Event.objects.filter(handled_at=None).exists())


def progress() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT state, count(*) FROM surveys_delivery GROUP BY state ORDER BY state")
        return ", ".join(f"{state} {count}" for state, count in cursor.fetchall())


def stored(people: int) -> dict[str, Stored]:
    """By address. Everybody is there, also who has no message."""
    doubts, clicks = _doubts(), _clicks()
    answered = set(Response.objects.values_list("invitation_id", flat=True))
    unsubscribed = set(Invitation.objects.filter(unsubscribed_at__isnull=False).values_list("pk", flat=True))
    told = set(Invitation.objects.filter(sent_at__isnull=False).values_list("pk", flat=True))
    found = {faults.address(number): NOTHING for number in range(people)}
    rows = Delivery.objects.filter(kind="ask").values_list(
        "pk", "invitation_id", "invitation__customer__email", "state", "sending_at"
    )
    for pk, invitation, email, state, sending_at in rows:
        found[str(email)] = Stored(
            state=state,
            is_told=invitation in told,
            doubted=tuple(doubts[pk]),
            marked=sending_at.timestamp() if sending_at else 0.0,
            clicks=tuple(clicks[invitation]),
            is_answered=invitation in answered,
            is_unsubscribed=invitation in unsubscribed,
        )
    return found


def _doubts() -> dict[int, list[float]]:
    found: dict[int, list[float]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute("SELECT delivery, extract(epoch FROM at)::float8 FROM chaos_doubt ORDER BY at")
        for pk, at in cursor.fetchall():
            found[pk].append(at)
    return found


def _clicks() -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for event in ClickEvent.objects.filter(kind="click", score__isnull=False).iterator():
        found[event.invitation_id].append(int(event.score or 0))
    return found


def _leaps() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT delivery, old, new FROM chaos_leap ORDER BY delivery")
        yield from (f"message {pk} went from {old} to {new}" for pk, old, new in cursor.fetchall())


def complaints(campaign: Campaign) -> Iterator[str]:
    """What must hold beside the figures."""
    yield from _leaps()
    campaign.refresh_from_db()
    if campaign.status != Status.ENDED:
        yield f"the campaign is {campaign.status}: {campaign.status_reason}"
    for piece in rollups.slices(campaign.organization_id):
        for gap in rollups.gaps(piece):
            yield f"rollups differ from a recount: {gap}"
    leased = Delivery.objects.exclude(lease_until=None).exclude(state__in=(State.CLAIMED, State.SENDING)).count()
    if leased:
        yield f"{leased} messages are leased and not on their way"
    untold = Delivery.objects.filter(state=State.SENT).filter(sent_at=None).count()
    if untold:
        yield f"{untold} messages were sent at no time"
    if not is_quiet():
        yield "answers still settle, or events wait"
