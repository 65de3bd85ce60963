"""What others put on the page that thanks: links of rules, to review sites, and to recommend the company.

Responses know nothing of rules and review sites; they contribute in surveys/subscriptions.py.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from surveys.responses.survey import Survey


class Kind(StrEnum):
    LINK = "link"
    REVIEW = "review"
    REFERRAL = "referral"  # one's own, to pass on


@dataclass(frozen=True)
class Recommendation:
    kind: Kind
    text: str
    url: str


@dataclass(frozen=True)
class Recommended:
    """By how the page shows them."""

    links: list[Recommendation]
    reviews: list[Recommendation]
    referrals: list[Recommendation]


Source = Callable[[Survey, int, datetime], list[Recommendation]]

_shown: Final[list[Source]] = []
_tried: Final[list[Source]] = []


def contribute(*, shown: Source, tried: Source) -> None:
    """`shown` to who answered with this score; `tried` by colleagues, of whom nothing is recorded."""
    _shown.append(shown)
    _tried.append(tried)


def shown(survey: Survey, score: int, at: datetime) -> Recommended:
    return _sorted(each for source in _shown for each in source(survey, score, at))


def tried(survey: Survey, score: int, at: datetime) -> Recommended:
    return _sorted(each for source in _tried for each in source(survey, score, at))


def _sorted(found: Iterable[Recommendation]) -> Recommended:
    every = list(found)
    links, reviews, referrals = ([each for each in every if each.kind == kind] for kind in Kind)
    return Recommended(links, reviews, referrals)
