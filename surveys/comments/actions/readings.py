"""Wishes to have all comments read anew. One at a time for an organization, and the newest wish wins."""

from datetime import datetime
from functools import partial
from typing import Final

from django.db import transaction
from django.db.models import F

from surveys.accounts import access, audit
from surveys.accounts.models import Membership, Organization, User
from surveys.accounts.permissions import Permission
from surveys.comments.models import Reading, ReadingStatus, Why
from surveys.outbox.nudges import nudge

WORK: Final = "surveys.comments.tasks.read_anew"


def wish(*, organization: Organization, why: Why, of: User | None, at: datetime) -> Reading:
    """Begin anew with all comments; what is in work for an older wish stops. In the caller's transaction.

    A search that had not been made yet goes over to the new one.
    """
    Organization.objects.select_for_update(no_key=True).filter(pk=organization.pk).values_list("pk").first()
    running = Reading.objects.filter(organization=organization, status=ReadingStatus.RUNNING)
    if why is not Why.SEARCH and running.filter(why=Why.SEARCH, cursor=0).exists():
        why = Why.SEARCH
    running.update(status=ReadingStatus.CANCELLED, finished_at=at, attempt=F("attempt") + 1)
    reading = Reading.objects.create(organization=organization, why=why, created_by=of, created_at=at)
    transaction.on_commit(partial(nudge, WORK, reading.pk))
    return reading


def search_themes(*, by: Membership, at: datetime) -> Reading:
    """Look for groups of comments that no theme is about yet, and read everything with them."""
    return _asked(Why.SEARCH, "themes.searched", by, at)


def read_anew(*, by: Membership, at: datetime) -> Reading:
    return _asked(Why.ASKED, "comments.read_anew", by, at)


def _asked(why: Why, said: str, by: Membership, at: datetime) -> Reading:
    access.require(by, Permission.EDIT_THEMES)
    with transaction.atomic():
        reading = wish(organization=by.organization, why=why, of=by.user, at=at)
        audit.record(by, said, by.organization, at=at)
    return reading


def stop_reading(*, reading: Reading, by: Membership, at: datetime) -> bool:
    """What was read anew stays as it is now. False when it was over already."""
    access.require(by, Permission.EDIT_THEMES)
    with transaction.atomic():
        mine = Reading.objects.filter(organization=by.organization, pk=reading.pk, status=ReadingStatus.RUNNING)
        stopped = mine.update(status=ReadingStatus.CANCELLED, finished_at=at, attempt=F("attempt") + 1)
        if stopped:
            audit.record(by, "comments.reading_stopped", by.organization, at=at)
    return bool(stopped)
