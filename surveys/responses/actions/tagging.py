"""The tags themselves: made, renamed, merged, deleted. What is put on responses: actions.marking."""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction

from surveys.accounts import access, audit
from surveys.accounts.actions import saved_views
from surveys.accounts.models import Membership, Organization
from surveys.accounts.permissions import Permission
from surveys.outbox.nudges import nudge
from surveys.responses.actions.acts import WORK, newest
from surveys.responses.models import MarkKind, Response, ResponseAct, Tag

MOST: Final = 300


class TooMany(ValueError):
    """An organization has at most MOST tags: beyond that nobody finds one."""


class NameTaken(ValueError):
    """Another tag has this name; `args[0]` is that tag."""


def find_or_make_tag(*, name: str, by: Membership, at: datetime) -> Tag:
    """The tag of this name, in any case. Raises TooMany."""
    access.require(by, Permission.MARK_RESPONSES)
    with transaction.atomic():
        Organization.objects.select_for_update(no_key=True).get(pk=by.organization_id)
        if found := named(by.organization, name):
            return found
        if Tag.objects.filter(organization=by.organization).count() >= MOST:
            raise TooMany(MOST)
        made = Tag.objects.create(organization=by.organization, name=name, created_by_id=by.user_id, created_at=at)
        audit.record(by, "tag.made", made, at=at)
    return made


def named(organization: Organization, name: str) -> Tag | None:
    return Tag.objects.filter(organization=organization, name__iexact=name).first()


def rename_tag(*, tag: Tag, name: str, by: Membership, at: datetime) -> None:
    """Raises NameTaken."""
    access.require(by, Permission.MARK_RESPONSES)
    before = tag.name
    try:
        with transaction.atomic():
            if not Tag.objects.filter(organization=by.organization, pk=tag.pk).exclude(name=name).update(name=name):
                return
            tag.name = name
            audit.record(by, "tag.renamed", tag, at=at, changed={"name": [before, name]})
    except IntegrityError as taken:
        tag.name = before
        raise NameTaken(named(by.organization, name)) from taken


def merge_tags(*, tag: Tag, into: Tag, by: Membership, at: datetime) -> ResponseAct:
    """All that have `tag` get `into` instead, and `tag` goes; after the time to undo, slice by slice.

    Raises StillAsked.
    """
    return _end(MarkKind.MERGE, tag, into, by, at)


def delete_tag(*, tag: Tag, by: Membership, at: datetime) -> ResponseAct:
    """It is taken off all that have it, and goes; after the time to undo, slice by slice. Raises StillAsked."""
    return _end(MarkKind.DROP, tag, None, by, at)


def _end(kind: MarkKind, tag: Tag, into: Tag | None, by: Membership, at: datetime) -> ResponseAct:
    """Ordered twice it is the same act."""
    access.require(by, Permission.MARK_RESPONSES)
    with transaction.atomic():
        Tag.objects.select_for_update(no_key=True).get(organization=by.organization, pk=tag.pk)
        if standing := ResponseAct.objects.in_work().filter(organization=by.organization, tag=tag, kind=kind).first():
            return standing
        saved_views.require_unasked(by.organization, "tag", tag.pk)
        act = ResponseAct.objects.create(
            organization=by.organization,
            created_by_id=by.user_id,
            created_at=at,
            kind=kind,
            tag=tag,
            into=into,
            name=f"{tag} → {into}" if into else str(tag),
            last_id=newest(by.organization),
            total=Response.objects.filter(organization=by.organization, tags__contains=[tag.pk]).count(),
            starts_at=at + timedelta(seconds=settings.UNDO_SECONDS),
        )
        audit.record(by, "response_act.confirmed", act, at=at, kind=kind, total=act.total)
        transaction.on_commit(lambda: nudge(WORK, act.pk, after_seconds=settings.UNDO_SECONDS + 1))
    return act
