"""/metrics for Prometheus: read from the database when it is asked for, so any number of hosts says the same.

Only who brings NPS_METRICS_TOKEN sees it (`Authorization: Bearer …`); without the setting there is no such page. It stands
before sessions and before the check of the host's name: whoever scrapes asks for 127.0.0.1. What each figure means, and
rules that alarm: docs/metrics.md.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from surveys.operations import alarms, signs
from surveys.operations.queries import mail
from surveys.operations.queries.mail import Line

PATH: Final = "/metrics"
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True)
class Metric:
    """`samples` are (labels, value); the text for people is in docs/metrics.md, too."""

    name: str
    kind: str  # gauge or counter
    help: str
    samples: list[tuple[dict[str, str], float]] = field(default_factory=list)


class MetricsMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info != PATH or not settings.METRICS_TOKEN:
            return self.get_response(request)
        if not constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}"):
            return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
        text = "".join(lines(metrics(at=timezone.now())))
        return HttpResponse(text, content_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})


def lines(found: Iterable[Metric]) -> Iterator[str]:
    """The text format of Prometheus, version 0.0.4."""
    for metric in found:
        yield f"# HELP {metric.name} {metric.help}\n# TYPE {metric.name} {metric.kind}\n"
        for labels, value in metric.samples:
            written = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
            yield f"{metric.name}{{{written}}} {value:g}\n" if labels else f"{metric.name} {_number(value)}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def metrics(*, at: datetime) -> list[Metric]:
    """A fixed number of statements, each by an index."""
    queues = mail.lines(at=at, most_organizations=0).lines
    return [*_queues(queues), *_in_flight(at), *_totals(), *_answers(), *_workers(at), *_alarms(queues, at)]


def _gauge(name: str, help: str, value: float) -> Metric:
    return Metric(name, "gauge", help, [({}, value)])


def _queues(found: Sequence[Line]) -> list[Metric]:
    due: list[tuple[dict[str, str], float]] = [({"queue": line.queue}, line.due) for line in found]
    ages = [({"queue": line.queue}, line.age.total_seconds()) for line in found]
    stalled = [({"queue": line.queue}, line.stalled.total_seconds()) for line in found]
    return [
        Metric("nps_mails_due", "gauge", "Mails that are due; of one campaign at most 100000 are counted.", due),
        Metric("nps_mail_oldest_due_seconds", "gauge", "How long the oldest mail that may go has been due.", ages),
        Metric("nps_mail_stalled_seconds", "gauge", "How long mail has been due while nothing moved.", stalled),
    ]


def _in_flight(at: datetime) -> list[Metric]:
    held, expired = mail.leases(at=at)
    return [
        _gauge("nps_mail_leases", "Mails that a sender has claimed or is sending.", held),
        _gauge("nps_mail_leases_expired", "Claimed mails whose sender gave no sign for too long.", expired),
        _gauge("nps_mails_uncertain", "Mails of which nobody knows whether they left.", mail.uncertain()),
        _gauge(
            "nps_mail_roads_unreachable",
            "Roads, accounts included, that are left alone.",
            len(mail.roads_cut_off(at=at)),
        ),
        _gauge(
            "nps_mail_domains_slowed", "Recipient domains that asked for less.", len(mail.slowed(at=at, limit=1000))
        ),
        _gauge("nps_provider_events_unread", "Reports of providers that were not understood.", mail.unread()),
    ]


_TOTALS: Final = """
    SELECT coalesce(sum(sent), 0), coalesce(sum(delivered), 0), coalesce(sum(bounced), 0),
           coalesce(sum(soft_bounced), 0), coalesce(sum(complained), 0), coalesce(sum(unsubscribed), 0)
    FROM surveys_mailminute
"""
_OUTCOMES: Final = ("sent", "delivered", "bounced", "soft_bounced", "complained", "unsubscribed")


def _totals() -> list[Metric]:
    samples = [({"outcome": outcome}, float(n)) for outcome, n in zip(_OUTCOMES, _row(_TOTALS), strict=True)]
    return [Metric("nps_mails_total", "counter", "What became of mails, of all organizations.", samples)]


_DOUBTED: Final = "verdict <> 'confirmed' OR judged_at IS NOT NULL"  # of their index, as responses.models says it
_ANSWERS: Final = f"""
    SELECT count(*) FILTER (WHERE verdict = 'provisional'), count(*) FILTER (WHERE verdict = 'quarantined')
    FROM surveys_response WHERE {_DOUBTED}
"""
_EVENTS: Final = """
    SELECT count(*), coalesce(extract(epoch FROM %s - min(firsts.due_at)), 0) FROM (
        SELECT due_at FROM surveys_event WHERE handled_at IS NULL AND due_at <= %s ORDER BY due_at LIMIT 100000) firsts
"""


def _answers() -> list[Metric]:
    provisional, quarantined = _row(_ANSWERS)
    return [
        _gauge("nps_responses_provisional", "Answers that settle.", provisional),
        _gauge("nps_responses_quarantined", "Answers taken for a robot's.", quarantined),
    ]


def _workers(at: datetime) -> list[Metric]:
    waiting, oldest = _row(_EVENTS, at, at)
    ages = [({"queue": queue}, age.total_seconds()) for queue, age in signs.ages(at=at).items() if age is not None]
    return [
        _gauge("nps_events_waiting", "Events that wait to be handled; at most 100000 are counted.", waiting),
        _gauge("nps_events_oldest_seconds", "How long the oldest of them has waited.", float(oldest)),
        Metric("nps_worker_sign_seconds", "gauge", "Since a worker of the queue gave a sign of life.", ages),
    ]


def _row(statement: str, *params: datetime) -> tuple:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return tuple(cursor.fetchone())


def _alarms(queues: Sequence[Line], at: datetime) -> list[Metric]:
    samples = [({"alarm": alarm.code}, 1.0) for alarm in alarms.alarms(at=at, queues=queues)]
    return [Metric("nps_alarm", "gauge", "1 for each alarm that operators see.", samples)]
