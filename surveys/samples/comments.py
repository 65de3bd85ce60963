"""What the invented customers say. By what moved them, so that a dip has its cause in their words.

A comment has one or two sentences about as many topics, in the customer's language. `words` holds, for each language and
category, what may be said about a topic.
"""

import random
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from surveys.core.choices import Category
from surveys.samples import words


class Trouble(StrEnum):
    """What went wrong for a while and is talked about more than anything else."""

    NONE = ""
    BILLING = "billing"
    PRICES = "price"


SECOND_SENTENCE: Final = 0.3
TALKS_OF_TROUBLE: Final = 0.75

# How much a plan talks about a topic, besides 1 for every topic.
_CLOSE_TO: Final[Mapping[str, Mapping[str, float]]] = {
    "Free": {"onboarding": 2.0, "usability": 2.0},
    "Starter": {"price": 2.5, "mobile": 1.5},
    "Team": {"reports": 2.0, "speed": 1.5, "support": 1.5},
    "Enterprise": {"integrations": 3.0, "support": 2.5, "reliability": 1.5},
}


def comment(language: str, category: Category, plan: str, *, trouble: Trouble, dice: random.Random) -> str:
    """In the customer's language where there are words in it, else in English."""
    said = words.SAID.get(language, words.SAID["en"])[category]
    topics = _topics(sorted(said), plan, category, trouble, dice)
    return words.JOINT.get(language, " ").join(dice.choice(said[topic]) for topic in topics)


def _topics(known: list[str], plan: str, category: Category, trouble: Trouble, dice: random.Random) -> list[str]:
    usual = [topic for topic in known if topic != Trouble.BILLING]
    close = _CLOSE_TO[plan]
    topics = dice.choices(usual, weights=[1 + close.get(topic, 0) for topic in usual], k=2)
    if trouble in known and category is not Category.PROMOTER and dice.random() < TALKS_OF_TROUBLE:
        topics[0] = str(trouble)
    return topics if topics[0] != topics[1] and dice.random() < SECOND_SENTENCE else topics[:1]
