"""Writes about segments. What one is relied on for stands in rows, see `relying`; the database keeps it as long."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Value
from django.db.models.functions import Lower

from surveys.accounts import access, audit
from surveys.accounts.models import AuditEntry, Membership, Organization, User
from surveys.accounts.permissions import Permission
from surveys.customers import segments
from surveys.customers.actions.relying import release, rely
from surveys.customers.models import ConditionUser, Segment, SegmentUse
from surveys.customers.segments import Stored


class NameTaken(ValueError):
    """Another segment of the organization has this name, in whatever case; `segment` is that one."""

    def __init__(self, segment: Segment | None) -> None:
        super().__init__(segment)
        self.segment = segment


class TooMany(ValueError):
    """An organization has at most MOST_SEGMENTS."""


class LeansOnItself(ValueError):
    """The conditions lead back to the segment; `names` are the segments on the way, the first and the last the same."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(" → ".join(names))
        self.names = names


class ChangedMeanwhile(ValueError):
    """Somebody else changed it since it was read."""


class InUse(ValueError):
    """Something relies on it; `uses` say what."""

    def __init__(self, uses: list[SegmentUse]) -> None:
        super().__init__(uses)
        self.uses = uses


class Gone(ValueError):
    """It is not there (any more), or it is there already when it was to be restored."""


def create(*, name: str, description: str, conditions: Stored, by: Membership, at: datetime) -> Segment:
    """Raises NameTaken, TooMany."""
    access.require(by, Permission.EDIT_SEGMENTS)
    with transaction.atomic():
        if len(_hold(by.organization)) >= segments.MOST_SEGMENTS:
            raise TooMany
        segment = _store(
            Segment(organization=by.organization, created_by=by.user, created_at=at), name, description, conditions, at
        )
        audit.record(by, "segment.created", segment, at=at, conditions=conditions)
    return segment


def change(
    *, segment: Segment, name: str, description: str, conditions: Stored, version: int, by: Membership, at: datetime
) -> None:
    """`version` is the one that was edited. Raises NameTaken, LeansOnItself, ChangedMeanwhile, Gone.

    Changes of one organization's segments wait for each other: two that would close a circle together cannot.
    """
    access.require(by, Permission.EDIT_SEGMENTS)
    with transaction.atomic():
        all_of_them = _hold(by.organization)
        locked = all_of_them.get(segment.pk)
        if locked is None:
            raise Gone(segment)
        if locked.version != version:
            raise ChangedMeanwhile(segment)
        _refuse_circles(locked, conditions, all_of_them)
        before = {"name": locked.name, "description": locked.description, "conditions": locked.conditions}
        after = {"name": name, "description": description, "conditions": conditions}
        changed = {key: [before[key], after[key]] for key in after if before[key] != after[key]}
        if changed:
            locked.version += 1
            _store(locked, name, description, conditions, at)
            audit.record(by, "segment.changed", locked, at=at, changed=changed)


def _hold(organization: Organization) -> dict[int, Segment]:
    """All segments of the organization by id, locked in order until the transaction ends."""
    locked = Segment.objects.select_for_update().filter(organization=organization).order_by("pk")
    return {segment.pk: segment for segment in locked}


def _refuse_circles(segment: Segment, conditions: Stored, all_of_them: dict[int, Segment]) -> None:
    others = {pk: other.conditions for pk, other in all_of_them.items()}
    way = segments.circle(segment.pk, conditions, others)
    if way:
        raise LeansOnItself([segment.name, *(all_of_them[pk].name for pk in way)])


def _store(segment: Segment, name: str, description: str, conditions: Stored, at: datetime) -> Segment:
    segment.name, segment.description, segment.conditions, segment.updated_at = name, description, conditions, at
    try:
        with transaction.atomic():
            segment.save()
    except IntegrityError:
        same = Segment.objects.filter(organization=segment.organization).exclude(pk=segment.pk)
        raise NameTaken(same.annotate(folded=Lower("name")).filter(folded=Lower(Value(name))).first()) from None
    rely(kind=ConditionUser.SEGMENT, user_id=segment.pk, organization=segment.organization, conditions=conditions)
    return segment


def delete(*, segment: Segment, by: Membership, at: datetime) -> None:
    """What it was stays in the audit trail, for `restore`. Raises InUse, Gone."""
    access.require(by, Permission.EDIT_SEGMENTS)
    with transaction.atomic():
        locked = Segment.objects.select_for_update().filter(organization=by.organization, pk=segment.pk).first()
        if locked is None:
            raise Gone(segment)
        uses = list(SegmentUse.objects.filter(organization=by.organization, segment=locked).order_by("pk"))
        if uses:
            raise InUse(uses)
        was = {"name": locked.name, "description": locked.description, "conditions": locked.conditions}
        audit.record(by, "segment.deleted", locked, at=at, **was, created_by=locked.created_by_id)
        release(kind=ConditionUser.SEGMENT, user_id=locked.pk, organization=by.organization)
        locked.delete()


def restore(*, deletion: AuditEntry, by: Membership, at: datetime) -> Segment:
    """Bring a deleted segment back under its old number. Raises Gone (somebody was first), NameTaken."""
    access.require(by, Permission.EDIT_SEGMENTS)
    was: dict[str, Any] = deletion.details
    with transaction.atomic():
        if deletion.target_id in _hold(by.organization):
            raise Gone(deletion.target_id)
        segment = Segment(
            pk=deletion.target_id,
            organization=by.organization,
            created_by=User.objects.filter(pk=was["created_by"]).first(),
            created_at=at,
        )
        _store(segment, was["name"], was["description"], was["conditions"], at)
        audit.record(by, "segment.restored", segment, at=at)
    return segment
