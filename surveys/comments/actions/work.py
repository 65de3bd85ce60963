"""Reading by workers: what nobody read yet, and everything anew. Only tasks import this: it is heavy.

Nothing is locked while a comment is read. What was read is kept in a short transaction, unless the comment, the themes
or what people ruled changed meanwhile: then it is read again.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet

from surveys.comments.actions import knowledge, searching
from surveys.comments.actions.knowledge import Knowledge
from surveys.comments.mind import unreadable
from surveys.comments.mind.reader import Read, Text
from surveys.comments.models import CommentNote, Reading, ReadingStatus, Why
from surveys.comments.reactions import READ
from surveys.core.apart import one_by_one
from surveys.core.locks import held as lock
from surveys.customers.actions import holding
from surveys.customers.actions.holding import Clock, Hold, Superseded
from surveys.outbox.nudges import nudge
from surveys.responses.actions import reading as responses
from surveys.responses.actions.reading import Kept
from surveys.responses.models import UNREAD, Response

logger = logging.getLogger(__name__)

SLICE: Final = 500
MOST_AT_ONCE: Final = 10_000  # of one organization, before it is another's turn
WORK: Final = "surveys.comments.tasks.read_anew"
_LOCK: Final = "reading comments"
_RETRIES: Final = 5


class Outdated(RuntimeError):
    """Themes or rulings changed while it was read."""


# ── What nobody read yet ─────────────────────────────────────────────────────────────────────────────────────────────


def read_new(*, clock: Clock, most: int = MOST_AT_ONCE) -> int:
    """Read what is unread, of every organization that nobody else is reading for, and of none more than `most`; returns
    how many were read. What fails for one is raised when all others are read."""
    waiting = Response.objects.filter(UNREAD).order_by("organization").values_list("organization", flat=True)
    return sum(one_by_one(list(waiting.distinct()), lambda organization: _read_new_of(organization, most, clock)))


def _read_new_of(organization: int, most: int, clock: Clock) -> int:
    with lock(_LOCK, organization) as is_ours:
        if not is_ours:
            return 0
        total, last = 0, 0
        while total < most and (rows := list(_unread(organization).filter(pk__gt=last).order_by("pk")[:SLICE])):
            total += _read_again_if_outdated(organization, rows, clock)
            last = rows[-1].pk
        return total


def _unread(organization: int) -> QuerySet[Response]:
    return Response.objects.filter(UNREAD, organization=organization).only("pk", "comment", "language")


def _read_again_if_outdated(organization: int, rows: Sequence[Response], clock: Clock) -> int:
    for _try in range(_RETRIES):
        known = knowledge.of(organization)
        read = _read(known, rows)
        try:
            with transaction.atomic():
                return len(_keep(known, rows, read, clock(), only_new=True)[0])
        except Outdated:
            continue
    return 0  # people change much at this moment: the next sweep reads these


def _read(known: Knowledge, rows: Sequence[Response]) -> list[Read]:
    texts = [Text(row.pk, row.comment, row.language) for row in rows]
    return unreadable.read(known.mind, texts, knowledge.said_of(known.organization, [row.pk for row in rows]))


def _keep(
    known: Knowledge, rows: Sequence[Response], read: Sequence[Read], at: datetime, *, only_new: bool
) -> tuple[list[int], int]:
    """Returns whose reading was kept, and how many say something else now. Raises Outdated."""
    comments = {row.pk: row.comment for row in rows}
    held = responses.hold(organization_id=known.organization, responses=list(comments), only_free=only_new)
    if only_new:
        held = {key: row for key, row in held.items() if row.read_at is None}
    if not knowledge.is_current(known):
        raise Outdated
    kept, changed = responses.keep(held=held, readings=[_kept(each, comments[each.key]) for each in read], at=at)
    _note(known.organization, [each for each in read if each.key in set(kept)])
    return kept, changed


def _kept(read: Read, comment: str) -> Kept:
    return Kept(read.key, comment, read.themes, read.sentiment, read.language)


def _note(organization: int, read: Sequence[Read]) -> None:
    CommentNote.objects.bulk_create(
        [
            CommentNote(
                response_id=each.key,
                organization_id=organization,
                certainty=each.certainty,
                feeling=each.feeling,
                why=each.why,
                problem=each.problem,
            )
            for each in read
        ],
        update_conflicts=True,
        unique_fields=["response"],
        update_fields=["certainty", "feeling", "why", "problem"],
    )


def try_again() -> None:
    """What could not be read is unread once more: perhaps what reads is another by now."""
    notes = CommentNote.objects.unreadable().order_by("organization", "response")
    by_organization = groupby(notes.values_list("organization", "response"), key=itemgetter(0))
    for organization, rows in by_organization:
        with transaction.atomic():
            held = responses.hold(organization_id=organization, responses=[pk for _of, pk in rows], only_free=True)
            responses.read_again(organization_id=organization, responses=list(held))
    nudge(READ)


# ── Everything anew ──────────────────────────────────────────────────────────────────────────────────────────────────


def read_anew(*, reading_id: int, clock: Clock) -> None:
    """Go on with a wish for everything to be read anew, if nobody else is at it."""
    hold = _take(reading_id, clock)
    if hold is None:
        return
    try:
        _finish(hold)
    except Superseded:
        logger.info("reading %s was taken over, stopped, or a newer wish came", reading_id)
    except Outdated:
        hold.let_go()
        nudge(WORK, reading_id)


def _take(reading_id: int, clock: Clock) -> Hold[Reading] | None:
    silent = clock() - timedelta(seconds=settings.LEASE_SECONDS)
    hold = holding.take(Reading.objects.forsaken(silent), reading_id, clock)
    if hold is not None and hold.is_hopeless:
        said = f"The work stopped {holding.MOST_TRIES} times without a result."
        mine = Reading.objects.filter(pk=hold.row.pk, attempt=hold.row.attempt, status=ReadingStatus.RUNNING)
        mine.update(status=ReadingStatus.FAILED, error=said, finished_at=clock())
        return None
    return hold


def _finish(hold: Hold[Reading]) -> None:
    if hold.row.cursor == 0:
        _begin(hold)
    cursor: int | None = hold.row.cursor
    while cursor is not None:
        cursor = _slice(hold, cursor)
    hold.step(status=ReadingStatus.DONE, finished_at=hold.clock())


def _begin(hold: Hold[Reading]) -> None:
    organization = hold.row.organization
    hold.step(total=_commented(organization.pk).count())
    if hold.row.why == Why.SEARCH:
        groups = searching.look(organization.pk)
        with transaction.atomic():
            searching.keep(organization, groups, hold.clock())
            hold.step()


def _commented(organization: int) -> QuerySet[Response]:
    return Response.objects.filter(organization=organization).exclude(comment="")


def _slice(hold: Hold[Reading], cursor: int) -> int | None:
    """One slice behind the cursor; returns the new cursor, None when nothing is left. Rows are held in the order that
    changes of themes have: responses, themes, and last the wish."""
    organization = hold.row.organization_id
    behind = _commented(organization).filter(pk__gt=cursor).order_by("pk")
    rows = list(behind.only("pk", "comment", "language")[:SLICE])
    if not rows:
        return None
    known = knowledge.of(organization)
    read = _read(known, rows)
    with transaction.atomic():
        changed = _keep(known, rows, read, hold.clock(), only_new=False)[1]
        hold.step(cursor=rows[-1].pk, seen=F("seen") + len(rows), changed=F("changed") + changed, tries=1)
    return rows[-1].pk


def sweep(*, at: datetime) -> None:
    """What dead workers and lost nudges left behind."""
    silent = at - timedelta(seconds=settings.LEASE_SECONDS)
    for pk in Reading.objects.forsaken(silent).order_by("pk").values_list("pk", flat=True):
        nudge(WORK, pk)
