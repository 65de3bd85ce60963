"""The rules of verdicts, on traces. Their effect behind real requests: test_clicks.py."""

from datetime import UTC, datetime, timedelta

import pytest

from surveys.responses.models import Act, Verdict
from surveys.responses.verdict_words import sentences
from surveys.responses.verdicts import Click, Thresholds, judge

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
