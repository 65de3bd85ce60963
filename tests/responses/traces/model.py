"""The words that traces are written in: who asks for what, how long after the mail server took the mail."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, IntEnum, StrEnum
from hashlib import sha256
from typing import Final

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR


class Ask(StrEnum):
    """What is asked for. Each is the real address: of the mail, or as the last page that the agent was shown has it."""

    LINK = "a number of the mail"
    PAGE = "the survey without a number"
    THANKS = "the page at the end"
    STYLE = "the stylesheet of the page"
    SEEN = "what the page's script tells"
    TRAP = "the link that no person sees"
    UNSUBSCRIBE = "the page behind the unsubscribe link"
    FORM = "the form of the page"


@dataclass(frozen=True)
class Watched:
    """What the page's script has seen when it tells: seconds in view, what trusted pointers and keys did, who drives."""

    seconds: int
    pointers: int = 0
    keys: int = 0
    webdriver: bool = False
    blank: bool = False  # a window of no size

    @property
    def hand(self) -> int:
        return self.pointers + self.keys

    def so_far(self) -> "Iterator[Watched]":
        """What a page tells until its tab is left: at the first touch, after three seconds in view, at the end."""
        if self.hand and self.seconds > 1:
            yield replace(self, seconds=1, pointers=min(self.pointers, 1), keys=0 if self.pointers else 1)
        if self.seconds > 3:
            yield replace(self, seconds=3)
        yield self


@dataclass(frozen=True)
class Typed:
    """What a form carries besides what stood in it. Without a nonce it was not sent from a page."""

    comment: str | None = None
    with_nonce: bool = True
    quietly: bool = False  # by the page's script while somebody types
    done: bool = False  # the button at the end, not a number
    by_hand: bool = True  # what the page's script notes of the press, where there is script


@dataclass(frozen=True)
class Step:
    at: float  # seconds after the mail server took the mail
    by: "Agent"
    ask: Ask
    score: int | None = None
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    watched: Watched | None = None
    typed: Typed | None = None


@dataclass(frozen=True)
class Agent:
    """A program that asks, with the headers it sends. `address` is where its requests come from."""

    name: str
    user_agent: str
    address: str
    headers: Mapping[str, str] = field(default_factory=dict)
    of_forms: Mapping[str, str] = field(default_factory=dict)  # headers that it sends with a form besides
    of_parts: Mapping[str, str] = field(default_factory=dict)  # … with stylesheets and scripts instead
    has_script: bool = False

    def link(self, at: float, score: int, method: str = "GET", **headers: str) -> Step:
        return Step(at, self, Ask.LINK, score, method, _named(headers))

    def page(self, at: float, **headers: str) -> Step:
        return Step(at, self, Ask.PAGE, headers=_named(headers))

    def ask(self, at: float, what: Ask) -> Step:
        return Step(at, self, what)

    def parts(self, at: float) -> Iterator[Step]:
        """What a browser loads with the page and tells us by that."""
        yield Step(at, self, Ask.STYLE)

    def opens(self, at: float, score: int, watched: Watched | None = None) -> Iterator[Step]:
        """A link in a browser: the page, what belongs to it, and what its script tells when the tab is left."""
        yield self.link(at, score)
        yield from self.parts(at + 0.4)
        for told in watched.so_far() if watched else ():
            yield self.tells(at + 0.5 + told.seconds, told)

    def tells(self, at: float, watched: Watched) -> Step:
        return Step(at, self, Ask.SEEN, method="POST", watched=watched)

    def presses(self, at: float, score: int, typed: Typed | None = None) -> Step:
        """A number or the button of the page, which its form then carries."""
        return Step(at, self, Ask.FORM, score, "POST", typed=typed or Typed())


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


class Kind(StrEnum):
    PERSON = "person"
    ROBOT = "robot"


class Half(Enum):
    CHOSEN_ON = "chosen on"
    REPORTED_ON = "reported on"


class Outcome(StrEnum):
    COUNTED = "counted"
    NOT_COUNTED = "not counted"
    SETTLING = "settling"
    UNTOUCHED = "no answer at all"


@dataclass(frozen=True)
class Verdict:
    outcome: Outcome
    score: int | None = None

    def __str__(self) -> str:
        return f"{self.outcome} ({self.score})" if self.outcome == Outcome.COUNTED else str(self.outcome)


class Often(IntEnum):
    """How many of such there are, as a guess that stands here to be argued with; the choice of thresholds weighs by it."""

    RARE = 1
    USUAL = 3
    COMMON = 9


NOT_COUNTED: Final = Verdict(Outcome.NOT_COUNTED)
UNTOUCHED: Final = Verdict(Outcome.UNTOUCHED)
SETTLING: Final = Verdict(Outcome.SETTLING)


def counted(score: int) -> Verdict:
    return Verdict(Outcome.COUNTED, score)


@dataclass(frozen=True)
class Trace:
    """`why` says who this is and why the verdict is right. `missed` says why the rules get it wrong, where they do: then
    `got` is what they say, and it counts as an error in the rates."""

    name: str
    kind: Kind
    why: str
    right: Verdict
    steps: tuple[Step, ...]
    until: float | None = None  # looked at then, instead of after everything has settled
    got: Verdict | None = None
    missed: str = ""
    often: Often = Often.USUAL
    comes_too_late: bool = False  # what gives it away comes when the answer counts already

    @property
    def expected(self) -> Verdict:
        return self.got or self.right

    @property
    def is_error(self) -> bool:
        return self.got is not None

    @property
    def scores(self) -> set[int]:
        return {step.score for step in self.steps if step.score is not None}


Steps = Step | Iterable[Step]


def person(name: str, why: str, right: Verdict, *steps: Steps, **more: object) -> Trace:
    return Trace(name, Kind.PERSON, why, right, _in_order(steps), **more)  # type: ignore[arg-type]


def robot(name: str, why: str, right: Verdict, *steps: Steps, **more: object) -> Trace:
    return Trace(name, Kind.ROBOT, why, right, _in_order(steps), **more)  # type: ignore[arg-type]


def _in_order(steps: Iterable[Steps]) -> tuple[Step, ...]:
    flat = [step for part in steps for step in ([part] if isinstance(part, Step) else part)]
    return tuple(sorted(flat, key=lambda step: step.at))


def halves(traces: Sequence[Trace]) -> dict[str, Half]:
    """Every other one of a kind, in the order of a hash of their names: nobody chooses what is easy to be reported on."""
    found: dict[str, Half] = {}
    for kind in Kind:
        names = sorted((trace.name for trace in traces if trace.kind == kind), key=_hash)
        found |= {name: Half.REPORTED_ON if place % 2 else Half.CHOSEN_ON for place, name in enumerate(names)}
    return found


def _hash(name: str) -> str:
    return sha256(name.encode()).hexdigest()
