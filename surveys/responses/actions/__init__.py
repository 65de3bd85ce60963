"""Writes of answers: clicks and acts of customers, settling, unsubscribing, and the import of history; what colleagues say of them."""

from surveys.responses.actions.answering import Answer, Closed, Crowded, answer, note_opened, record_click
from surveys.responses.actions.history import Imported, PastAsk, UnknownIds, import_history
from surveys.responses.actions.judging import NothingToUndo, count_it, do_not_count_it, undo_judgement
from surveys.responses.actions.marking import NothingToTakeBack, TagIsGone, exclude, include, tag, take_back, untag
from surveys.responses.actions.marking_slices import Junk
from surveys.responses.actions.settling import SETTLE_BATCH, prune_clicks, settle
from surveys.responses.actions.unsubscribing import resubscribe, unsubscribe
from surveys.responses.actions.watching import saw, tell, trapped

__all__ = [
    "SETTLE_BATCH",
    "Answer",
    "Closed",
    "Crowded",
    "Imported",
    "Junk",
    "NothingToTakeBack",
    "NothingToUndo",
    "PastAsk",
    "TagIsGone",
    "UnknownIds",
    "answer",
    "count_it",
    "do_not_count_it",
    "exclude",
    "import_history",
    "include",
    "note_opened",
    "prune_clicks",
    "record_click",
    "resubscribe",
    "saw",
    "settle",
    "tag",
    "take_back",
    "tell",
    "trapped",
    "undo_judgement",
    "unsubscribe",
    "untag",
]
