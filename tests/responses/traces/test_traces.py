"""People and robots open the links of mails, over HTTP, and each gets its verdict. Prints how often the rules are wrong."""

from io import StringIO

import pytest
from django.core.management import call_command

from surveys.responses import verdict_words
from surveys.responses.actions import settling
from surveys.responses.models import Response
from surveys.responses.verdicts import Thresholds
from tests import factories
from tests.people import Person
from tests.responses.traces import HALVES, TRACES, choosing
from tests.responses.traces.choosing import Case
from tests.responses.traces.model import Half, Kind, Outcome
from tests.responses.traces.replay import Played, replay

# What docs/clicks.md promises of traces that nothing was chosen on.
MOST_PEOPLE_LOST = 0.05
MOST_ROBOTS_COUNTED = 0.25


@pytest.fixture
def plays(alice: Person) -> list[Played]:
    return replay(factories.campaign(alice.organization), TRACES)


def test_every_trace_gets_its_verdict_and_the_reasons_are_said_in_words(
    plays: list[Played], capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = [
        f"{play.trace.kind} “{play.trace.name}”: {play.verdict}, not {play.trace.expected}; {reasons(play.response)}"
        for play in plays
        if play.verdict != play.trace.expected
    ]
    assert not wrong, "\n".join(wrong)
    silent = [
        play.trace.name for play in plays if play.response and not all(" " in said for said in reasons(play.response))
    ]
    assert not silent
    with capsys.disabled():
        for half in Half:
            print(f"\n{half.value}: {choosing.errors(plays, HALVES, half)}", end="")
    reported = choosing.errors(plays, HALVES, Half.REPORTED_ON)
    assert (reported.people.value or 0) <= MOST_PEOPLE_LOST
    assert (reported.robots.value or 0) <= MOST_ROBOTS_COUNTED

    assert choosing.unknown_figures() == set()
    assert choosing.choose([case for case in cases(plays) if case.half == Half.CHOSEN_ON]) == Thresholds()

    said = StringIO()
    call_command("replay_verdicts", "--dry-run", stdout=said)
    assert said.getvalue() == ""


def reasons(response: Response | None) -> list[str]:
    if response is None:
        return []
    return verdict_words.sentences(response.verdict_reasons) or ([""] if response.verdict != "provisional" else [])


def cases(plays: list[Played]) -> list[Case]:
    return [Case(play.trace, HALVES[play.trace.name], tuple(settling.evidence(play.mail.invitation))) for play in plays]


def test_the_corpus_is_balanced_and_says_why() -> None:
    assert len({trace.name for trace in TRACES}) == len(TRACES) >= 70
    counts = {(kind, half): 0 for kind in Kind for half in Half}
    for trace in TRACES:
        counts[trace.kind, HALVES[trace.name]] += 1
        assert trace.why.endswith("."), trace.name
        assert (trace.got is None) == (not trace.missed), f"{trace.name}: an error says why, and nothing else does"
        assert trace.kind == Kind.ROBOT or trace.right.outcome in (Outcome.COUNTED, Outcome.SETTLING), trace.name
    for kind in Kind:
        assert abs(counts[kind, Half.CHOSEN_ON] - counts[kind, Half.REPORTED_ON]) <= 1
