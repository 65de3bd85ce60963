"""People and robots open the links of mails, over HTTP, and each gets its verdict. Prints how often the rules are wrong."""

import re
from dataclasses import replace
from io import StringIO

import pytest
from django.core.management import call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveys.campaigns.models import Campaign
from surveys.responses import verdict_words
from surveys.responses.actions import settling
from surveys.responses.models import Response
from surveys.responses.traces import Thresholds
from tests import factories
from tests.people import Person
from tests.responses.traces import HALVES, TRACES, choosing
from tests.responses.traces.agents import IPHONE
from tests.responses.traces.choosing import Case
from tests.responses.traces.model import DAY, HOUR, Ask, Half, Kind, Outcome, Step, Trace, counted
from tests.responses.traces.replay import Played, replay

# What docs/clicks.md promises of traces that nothing was chosen on.
MOST_PEOPLE_LOST = 0.10
MOST_ROBOTS_COUNTED = 0.15


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
    assert differing(plays) == [], "the rules of today say the same about the stored evidence"


def differing(plays: list[Played]) -> list[str]:
    """The traces whose answers `manage.py replay_verdicts` would judge otherwise, but for what came after they counted."""
    said = StringIO()
    call_command("replay_verdicts", "--dry-run", stdout=said)
    assert "would change" in said.getvalue()
    ids = {int(found) for line in re.findall(r": ([\d ]+)$", said.getvalue(), re.MULTILINE) for found in line.split()}
    return [
        play.trace.name for play in plays if play.response and play.response.pk in ids and not play.trace.comes_too_late
    ]


@pytest.mark.django_db
@given(data=st.data())
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_robots_do_the_latest_press_of_a_person_counts(data: st.DataObject) -> None:
    campaign = Campaign.objects.first() or factories.campaign(
        factories.organization(factories.user("a@example.com")).organization
    )
    noise = data.draw(st.lists(st.sampled_from(NOISE), max_size=3))
    later = [data.draw(st.integers(0, 3 * HOUR)) for _ in noise]
    moved = [replace_at(step, late) for trace, late in zip(noise, later, strict=True) for step in trace.steps]
    pressed = data.draw(
        st.lists(
            st.tuples(st.integers(5, 6 * HOUR), st.integers(0, 10)),
            min_size=1,
            max_size=3,
            unique_by=lambda press: press[0],
        )
    )
    human = [step for at, score in pressed for step in (*IPHONE.opens(at, 5), IPHONE.presses(at + 3, score))]
    steps = tuple(sorted([*moved, *human], key=lambda step: step.at))
    latest = [step.score for step in steps if step.ask == Ask.FORM and step.by == IPHONE][-1]

    (play,) = replay(campaign, [Trace("a mix", Kind.PERSON, "A person among robots.", counted(latest or 0), steps)])

    assert str(play.verdict) == str(play.trace.right)
    clicks = settling.evidence(play.mail.invitation)
    said = {str(choosing.judged(order, Thresholds())) for order in (clicks, clicks[::-1], sorted(clicks, key=str))}
    assert said == {str(play.trace.right)}, "in whatever order the evidence is read"


# But for those of which `missed` says that they do all that a person does.
NOISE = [trace for trace in TRACES if trace.kind == Kind.ROBOT and not trace.is_error and trace.steps[-1].at < DAY]


def replace_at(step: Step, later: int) -> Step:
    return replace(step, at=step.at + later)


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
