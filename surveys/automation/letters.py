"""What rules write to customers: placeholders beyond those of surveys, and what they stand for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext_lazy as _

from surveys.core import placeholders

REVIEW_LINK: Final = "review_link"
REFERRAL_LINK: Final = "referral_link"
SURVEY_LINK: Final = "survey_link"
NAMES: Final = {
    **placeholders.NAMES,
    "sender": _("the name that the mail is signed with"),
    "score": _("the score that the customer gave"),
    SURVEY_LINK: _("the page of their answer, where they can write a comment or change it"),
    REVIEW_LINK: _("their own link to the first of your review sites"),
    REFERRAL_LINK: _("their own link to recommend you, to pass on"),
}
# Without their value the sentence around them means nothing: then the mail is not sent.
NEEDED: Final = frozenset({SURVEY_LINK, REVIEW_LINK, REFERRAL_LINK})


@dataclass(frozen=True)
class Written:
    subject: str
    text: str


def problems(text: str) -> list[str]:
    return placeholders.problems(text, NAMES)


def used(*texts: str) -> frozenset[str]:
    """The placeholders that occur in any of them."""
    parts = (part for text in texts for part in placeholders.parse(text, NAMES))
    return frozenset(part.name for part in parts if isinstance(part, placeholders.Slot))


def written(subject: str, text: str, values: Mapping[str, str]) -> Written:
    """For one person. Values are single lines, and are never read for placeholders again."""
    return Written(
        placeholders.single_line(placeholders.fill(placeholders.parse(subject, NAMES), values)),
        placeholders.printable(placeholders.fill(placeholders.parse(text, NAMES), values)),
    )
