"""Writes about customers: what is known about them, whether they may be mailed, and the lists they come from."""

from surveys.customers.actions.facts import AnswerFacts, give_back, record_answer, restate_answers, take_for_asking
from surveys.customers.actions.suppressions import suppress, unsuppress

__all__ = [
    "AnswerFacts",
    "give_back",
    "record_answer",
    "restate_answers",
    "suppress",
    "take_for_asking",
    "unsuppress",
]
