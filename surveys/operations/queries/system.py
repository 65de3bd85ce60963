"""The server as its operator sees it: what waits, who works, what runs in which version."""

import platform
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from typing import Final

import django
import redis
from celery import current_app
from django.conf import settings
from django.db import connection
from kombu.exceptions import OperationalError

from surveys.customers.models import ImportJob
from surveys.delivery.models import Batch, Delivery, Kind, State
from surveys.operations import broker
from surveys.operations.broker import PATIENCE
from surveys.operations.signs import QUEUES
from surveys.outbox.models import Event

_PRIORITIES: Final = ("", "\x06\x163", "\x06\x166", "\x06\x169")  # kombu keeps a list for each


@dataclass(frozen=True)
class Waiting:
    """A queue of nudges. `length` is None when Redis does not answer."""

    name: str
    length: int | None


def queues() -> list[Waiting]:
    try:
        with broker.client() as client:
            return [
                Waiting(name, sum(int(client.llen(f"{name}{priority}")) for priority in _PRIORITIES)) for name in QUEUES
            ]
    except redis.RedisError:
        return [Waiting(name, None) for name in QUEUES]


def workers() -> list[str] | None:
    """The names of those that answered within a second; None when there is no way to ask."""
    try:
        answers = current_app.control.ping(timeout=PATIENCE)
    except (OperationalError, redis.RedisError, OSError):
        return None
    return sorted(name for answer in answers or [] for name in answer)


@dataclass(frozen=True)
class Work:
    """What the rows say about what is under way."""

    due: dict[str, int]
    oldest_due: dict[str, datetime]
    batches: int
    expired_leases: int
    uncertain: int
    imports: int
    events: int
    oldest_event: datetime | None


_DUE: Final = """
    SELECT d.queue, count(*), min(d.due_at) FROM surveys_delivery d
    LEFT JOIN surveys_organization o ON o.id = d.organization_id
    WHERE d.state = 'due' AND d.due_at <= %(at)s AND o.suspended_at IS NULL AND o.deletes_at IS NULL
      AND (d.campaign_id IS NULL OR d.kind <> 'ask' OR EXISTS (
          SELECT 1 FROM surveys_campaign c WHERE c.id = d.campaign_id AND c.status = 'live'))
    GROUP BY d.queue
"""


def work(*, at: datetime) -> Work:
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"at": at})
        due = cursor.fetchall()
    waiting = Event.objects.filter(handled_at=None).order_by("due_at")
    return Work(
        due={queue: count for queue, count, _oldest in due},
        oldest_due={queue: oldest for queue, _count, oldest in due},
        batches=Batch.objects.filter(lease_until__gt=at).count(),
        expired_leases=Delivery.objects.filter(state__in=[State.CLAIMED, State.SENDING], lease_until__lt=at).count(),
        uncertain=Delivery.objects.filter(state=State.UNCERTAIN).count(),
        imports=ImportJob.objects.filter(status__in=["checking", "running"]).count(),
        events=waiting.count(),
        oldest_event=waiting.values_list("due_at", flat=True).first(),
    )


def failed_system_mails(limit: int = 50) -> list[Delivery]:
    """Sign-up and reset mails that could not be sent, the newest first."""
    failed = Delivery.objects.filter(kind=Kind.SYSTEM, state=State.FAILED)
    return list(failed.order_by("-finished_at", "-pk")[:limit])


def versions() -> list[tuple[str, str]]:
    """What runs here, as pairs of name and version."""
    return [
        (settings.PRODUCT_NAME, f"{settings.VERSION} · {_last_migration()}"),
        ("Python", platform.python_version()),
        ("Django", django.get_version()),
        ("Celery", metadata.version("celery")),
        ("PostgreSQL", _postgresql()),
        ("Redis / Valkey", _redis()),
    ]


def _last_migration() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM django_migrations WHERE app = 'surveys' ORDER BY name DESC LIMIT 1")
        (name,) = cursor.fetchone()
    return str(name)


def _postgresql() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        (version,) = cursor.fetchone()
    return str(version)


def _redis() -> str:
    try:
        with broker.client() as client:
            found = client.info("server")
    except redis.RedisError:
        return "—"
    return str(found.get("valkey_version") or found.get("redis_version"))
