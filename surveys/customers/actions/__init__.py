"""Writes about customers: what is known about them, whether they may be mailed, and the lists they come from."""

from surveys.customers.actions.erasing import delete, erase, forget
from surveys.customers.actions.facts import AnswerFacts, give_back, record_answer, restate_answers, take_for_asking
from surveys.customers.actions.import_files import too_large
from surveys.customers.actions.import_mappings import forget_mapping, rename_mapping
from surveys.customers.actions.import_work import work
from surveys.customers.actions.imports import (
    Choice,
    NothingToImport,
    NotPossibleNow,
    cancel,
    choose_columns,
    guess_anew,
    pause,
    read_as,
    resume,
    start,
    sweep,
    undo,
    upload,
)
from surveys.customers.actions.people import Profile, Taken, add_customer, change_customer
from surveys.customers.actions.suppressions import (
    hold_suppressions,
    suppress,
    suppress_as_told,
    suppress_series,
    unsuppress,
)

__all__ = [
    "AnswerFacts",
    "Choice",
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
    "forget_mapping",
    "give_back",
    "guess_anew",
    "hold_suppressions",
    "pause",
    "read_as",
    "record_answer",
    "rename_mapping",
    "restate_answers",
    "resume",
    "start",
    "suppress",
    "suppress_as_told",
    "suppress_series",
    "sweep",
    "take_for_asking",
    "too_large",
    "undo",
    "unsuppress",
    "upload",
    "work",
]
