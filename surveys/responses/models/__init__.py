"""Answers, the clicks they rest on, and what colleagues make of them."""

from surveys.responses.models.answers import (
    COUNTED,
    DOUBTED,
    SCORE_IN_RANGE,
    UNREAD,
    Act,
    Answer,
    AnswerQuerySet,
    ClickEvent,
    JunkReason,
    Response,
    ResponseQuerySet,
    ResponseRevision,
    Verdict,
)
from surveys.responses.models.marks import (
    MarkKind,
    MarkStatus,
    ResponseAct,
    ResponseActQuerySet,
    ResponseChange,
    Tag,
)

__all__ = [
    "COUNTED",
    "DOUBTED",
    "SCORE_IN_RANGE",
    "UNREAD",
    "Act",
    "Answer",
    "AnswerQuerySet",
    "ClickEvent",
    "JunkReason",
    "MarkKind",
    "MarkStatus",
    "Response",
    "ResponseAct",
    "ResponseActQuerySet",
    "ResponseChange",
    "ResponseQuerySet",
    "ResponseRevision",
    "Tag",
    "Verdict",
]
