"""What rollups add to the recording of an answer, with 16 people answering at once in one campaign.

click.delta_cost  time of `responses.actions.answer` with the rollups listening, divided by its time without: the floor.
                  Without, the same events are published, but the deltas are not recorded.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from statistics import median
from time import perf_counter
from typing import Any, Final

from django.db import connection
from django.utils import timezone

from surveys.analytics.upkeep import rollups
from surveys.outbox import listeners
from surveys.responses import actions, survey_queries
from surveys.responses.actions import Answer
from surveys.responses.survey import Evidence
from tests.bench import click_world

CLIENTS: Final = 16
ANSWERS: Final = 50  # of each client in each round
ROUNDS: Final = 5

Figure = dict[str, Any]


def run() -> Iterator[Figure]:
    first, links = click_world.links(CLIENTS * ANSWERS * 2 * (ROUNDS + 1))
    everyone = iter(range(first, first + len(links)))
    turns = []
    for _ in range(ROUNDS + 1):
        with _nobody_counts():
            without = _answered_by_all(everyone)
        turns.append((without, _answered_by_all(everyone)))
    without, with_rollups = (1000 * median(column) / (CLIENTS * ANSWERS) for column in zip(*turns[1:], strict=True))
    ratio = with_rollups / without
    yield {
        "name": "click.delta_cost",
        "value": with_rollups,
        "unit": "ms/answer",
        "floor": without,
        "ratio": ratio,
        "target": "<= 1.5",
        "met": ratio <= 1.5,
    }


@contextmanager
def _nobody_counts() -> Iterator[None]:
    heard = listeners.handlers_in_transaction("response.confirmed")
    heard.remove(rollups.record)
    try:
        yield
    finally:
        heard.append(rollups.record)


def _answered_by_all(invitations: Iterator[int]) -> float:
    shares = [[next(invitations) for _ in range(ANSWERS)] for _ in range(CLIENTS)]
    start = perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(_answered, shares))
    return perf_counter() - start


def _answered(invitations: list[int]) -> None:
    try:
        for invitation in invitations:
            survey = survey_queries.survey_of(invitation)
            assert survey
            actions.answer(to=survey, answer=Answer(9), evidence=Evidence(), at=timezone.now())
    finally:
        connection.close()
