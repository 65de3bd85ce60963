"""Writes of answers: clicks and acts of customers, settling, unsubscribing, and the import of history."""

from surveys.responses.actions.answering import Answer, Closed, Crowded, answer, note_opened, record_click
from surveys.responses.actions.history import Imported, PastAsk, UnknownIds, import_history
from surveys.responses.actions.judging import NothingToUndo, count_it, do_not_count_it, undo_judgement
from surveys.responses.actions.settling import SETTLE_BATCH, prune_clicks, settle
from surveys.responses.actions.unsubscribing import resubscribe, unsubscribe
from surveys.responses.actions.watching import saw, tell, trapped

__all__ = [
    "SETTLE_BATCH",
    "Answer",
    "Closed",
    "Crowded",
    "Imported",
    "NothingToUndo",
    "PastAsk",
    "UnknownIds",
    "answer",
    "count_it",
    "do_not_count_it",
    "import_history",
    "note_opened",
    "prune_clicks",
    "record_click",
    "resubscribe",
    "saw",
    "settle",
    "tell",
    "trapped",
    "undo_judgement",
    "unsubscribe",
]
