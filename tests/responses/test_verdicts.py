"""The rules of verdicts, on traces. Their effect behind real requests: test_clicks.py."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from surveys.responses.models import Act, Verdict
from surveys.responses.verdict_words import sentences
from surveys.responses.verdicts import MOST_OF_A_KIND, Click, Thresholds, early, judge

SENT = datetime(2025, 6, 2, 12, 0, tzinfo=UTC)
Trace = list[tuple[float, int] | tuple[float, int, Act]]

# Seconds after sending, score, and the act when it is more than a click.
TRACES: dict[str, tuple[Trace, Verdict, int]] = {
    "one click": ([(300, 9)], Verdict.CONFIRMED, 9),
    "an impatient double click": ([(300, 9), (300.4, 9), (301, 9)], Verdict.CONFIRMED, 9),
    "the same link days later": ([(300, 9), (90_000, 9)], Verdict.CONFIRMED, 9),
    "a change of mind after minutes": ([(300, 9), (500, 7)], Verdict.CONFIRMED, 7),
    "eleven links at once": ([(5 + n / 10, n) for n in range(11)], Verdict.QUARANTINED, 10),
    "two scores at once": ([(300, 9), (310, 2)], Verdict.QUARANTINED, 2),
    "two scores a minute apart": ([(300, 9), (346, 2)], Verdict.CONFIRMED, 2),
    "a slow scanner": ([(60.0 * n, n) for n in range(11)], Verdict.QUARANTINED, 10),
    "a scanner and, later, a person": ([*((n / 10, n) for n in range(11)), (4000, 6)], Verdict.CONFIRMED, 6),
    "a person and, later, a scanner": ([(300, 6), *((4000 + n / 10, n) for n in range(11))], Verdict.CONFIRMED, 6),
    "a scanner and a person who presses": (
        [*((n / 10, n) for n in range(11)), (2, 4, Act.CHANGE)],
        Verdict.CONFIRMED,
        4,
    ),
    "the last of several presses": ([(1, 9), (9, 4, Act.CHANGE), (12, 4, Act.COMMENT)], Verdict.CONFIRMED, 4),
}


def clicks(trace: Trace) -> list[Click]:
    rows = [(*row, Act.CLICK)[:3] for row in trace]
    return [Click(SENT + timedelta(seconds=seconds), act, score) for seconds, score, act in rows]


@pytest.mark.parametrize("name", TRACES)
def test_each_trace_gets_its_verdict_in_whatever_order_it_is_read(name: str) -> None:
    trace, verdict, score = TRACES[name]
    for order in (clicks(trace), clicks(trace)[::-1]):
        judgement = judge(order, sent_at=SENT)
        assert (judgement.verdict, judgement.score) == (verdict, score)
        assert all(sentences(judgement.reasons))
        assert all(reason["rules"] == 2 for reason in judgement.reasons)


def test_a_click_soon_after_sending_is_noted() -> None:
    judgement = judge(clicks([(20, 9)]), sent_at=SENT, thresholds=Thresholds(link_age=timedelta(seconds=60)))
    assert judgement.verdict == Verdict.CONFIRMED
    assert "20 seconds after sending" in sentences(judgement.reasons)[-1]


class Watched(Click):
    """A request that counts how often something of it is looked at."""

    looks = 0

    def __getattribute__(self, name: str) -> Any:
        Watched.looks += 1
        return super().__getattribute__(name)


def requests(n: int, *, client: Callable[[int], str], apart: int) -> list[Click]:
    kinds = (Act.CLICK, Act.STYLE, Act.SEEN, Act.CONFIRM)
    told = {"rules": 2, "hand": 0, "seconds": 9}
    return [
        Watched(SENT + timedelta(seconds=apart * (k // 4)), kinds[k % 4], k // 4 % 11, "", client(k // 4), told)
        for k in range(n)
    ]


@pytest.mark.parametrize("apart", [1, 120])
@pytest.mark.parametrize("agent", ["each its own", "one"])
@pytest.mark.parametrize("rules", [judge, early])
def test_twice_the_requests_are_twice_the_work(rules: Callable[..., Any], agent: str, apart: int) -> None:
    """Whether each came with a name of its own or all with one, close together or far apart."""
    work = []
    for n in (400, 800):
        evidence = requests(n, client=lambda k: f"{agent} {k}" if agent != "one" else agent, apart=apart)
        Watched.looks = 0
        rules(evidence, sent_at=SENT)
        work.append(Watched.looks)
    assert 0 < work[1] < 3 * work[0]  # passing over pairs is four times


def test_a_hundred_robots_are_noted_by_the_first_of_them() -> None:
    robots = [Click(SENT + timedelta(hours=n), Act.CLICK, 3, "", f"curl/{n}") for n in range(100)]
    assert [reason["agent"] for reason in judge(robots).reasons] == [f"curl/{n}" for n in range(MOST_OF_A_KIND)]
