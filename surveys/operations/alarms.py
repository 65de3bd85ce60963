"""What an operator must not miss about mail: on every page of theirs, in the log of the workers, and as a metric."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from surveys.delivery.routes import OPERATOR
from surveys.operations import broker, signs
from surveys.operations.queries import mail
from surveys.operations.queries.mail import Line


@dataclass(frozen=True)
class Alarm:
    """`code` is for machines and logs, `text` for people."""

    code: str
    text: str


def alarms(*, at: datetime, queues: Iterable[Line] | None = None) -> list[Alarm]:
    """`queues` are those of `mail.lines`, where they are known already."""
    known = mail.lines(at=at, most_organizations=0).lines if queues is None else queues
    return [*_of_queues(known), *_of_roads(at), *_of_workers(at), *_of_the_broker()]


def _limit() -> timedelta:
    return timedelta(seconds=settings.QUEUE_ALARM_SECONDS)


def _of_queues(queues: Iterable[Line]) -> list[Alarm]:
    text = _("Mails of the queue “%(queue)s” have waited for %(minutes)d minutes, and none leaves.")
    return [
        Alarm(f"queue_{line.queue}", text % {"queue": line.queue, "minutes": line.stalled.total_seconds() // 60})
        for line in queues
        if line.stalled > _limit()
    ]


def _of_roads(at: datetime) -> list[Alarm]:
    """Those of organizations are theirs to mend; their admins see it."""
    if OPERATOR not in mail.roads_cut_off(at=at):
        return []
    return [Alarm("road", _("The mail server of this installation cannot be reached. Mail waits."))]


def _of_workers(at: datetime) -> list[Alarm]:
    text = _("No worker of the queue “%(queue)s” has given a sign of life for %(minutes)d minutes.")
    ages = signs.ages(at=at)
    silent = [
        Alarm(f"worker_{queue}", text % {"queue": queue, "minutes": age.total_seconds() // 60})
        for queue, age in ages.items()
        if age is not None and age > _limit()
    ]
    return [*silent, *_of_forgotten(ages)]


def _of_forgotten(ages: Mapping[str, timedelta | None]) -> list[Alarm]:
    """Queues that no worker was ever told of, such as one that a release brought. Where no queue has a worker yet, the
    installation is only beginning."""
    if all(age is None for age in ages.values()):
        return []
    text = _("No worker has ever given a sign of life for the queue “%(queue)s”: add it to the --queues of one.")
    return [Alarm(f"worker_{queue}", text % {"queue": queue}) for queue, age in ages.items() if age is None]


def _of_the_broker() -> list[Alarm]:
    found = broker.policy()
    if broker.is_safe(found):
        return []
    text = _("Redis throws nudges away when it is full: its maxmemory-policy is %(policy)s, and must be noeviction.")
    return [Alarm("broker", text % {"policy": found})]
