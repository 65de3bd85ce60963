"""Writes about customers: what is known about them, whether they may be mailed, and the lists they come from."""

from surveys.customers.actions.erasing import delete, erase, forget
from surveys.customers.actions.facts import AnswerFacts, give_back, record_answer, restate_answers, take_for_asking
from surveys.customers.actions.import_work import work
from surveys.customers.actions.imports import (
    NothingToImport,
    NotPossibleNow,
    cancel,
    choose_columns,
    read_as,
    start,
    sweep,
    too_large,
    upload,
)
from surveys.customers.actions.people import Profile, Taken, add_customer, change_customer
from surveys.customers.actions.suppressions import suppress, unsuppress

__all__ = [
    "AnswerFacts",
    "NotPossibleNow",
    "NothingToImport",
    "Profile",
    "Taken",
    "add_customer",
    "cancel",
    "change_customer",
    "choose_columns",
    "delete",
    "erase",
    "forget",
    "give_back",
    "read_as",
    "record_answer",
    "restate_answers",
    "start",
    "suppress",
    "sweep",
    "take_for_asking",
    "too_large",
    "unsuppress",
    "upload",
    "work",
]
