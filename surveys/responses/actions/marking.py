"""What a person says about some responses: junk or not, tags; and taking the last of it back. Many: actions.acts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import transaction

from surveys.accounts import access, audit
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.core.locks import again_after_deadlock
from surveys.responses.actions import forgetting, marking_slices
from surveys.responses.actions.marking_slices import Junk, Marker
from surveys.responses.models import Response, ResponseChange, Tag

LONGEST_NOTE: Final = 300


class NothingToTakeBack(Exception):
    """The mark was taken back already, or somebody marked the response since."""


class TagIsGone(Exception):
    """The tag was deleted, or merged into another, a moment ago."""


@again_after_deadlock
def exclude(*, responses: Sequence[int], junk: Junk, by: Membership, at: datetime) -> int:
    """They are junk and count no more; returns how many were changed. May run twice."""
    access.require(by, Permission.MARK_RESPONSES)
    with transaction.atomic():
        return _noted("response.junked", marking_slices.exclude(_marker(by, at), responses, junk), by, at)


@again_after_deadlock
def include(*, responses: Sequence[int], by: Membership, at: datetime) -> int:
    """They are no junk; those that are confirmed count again. Returns how many were changed."""
    access.require(by, Permission.MARK_RESPONSES)
    with transaction.atomic():
        return _noted("response.unjunked", marking_slices.include(_marker(by, at), responses), by, at)


@again_after_deadlock
def tag(*, responses: Sequence[int], tag: Tag, by: Membership, at: datetime) -> int:
    """Returns how many did not have it. Raises TagIsGone."""
    access.require(by, Permission.MARK_RESPONSES)
    with transaction.atomic():
        hold_tag(tag)
        return _noted("response.tagged", marking_slices.tag(_marker(by, at), responses, tag.pk), by, at)


@again_after_deadlock
def untag(*, responses: Sequence[int], tag: Tag, by: Membership, at: datetime) -> int:
    """Returns how many had it."""
    access.require(by, Permission.MARK_RESPONSES)
    with transaction.atomic():
        return _noted("response.untagged", marking_slices.untag(_marker(by, at), responses, tag.pk), by, at)


@again_after_deadlock
def take_back(*, response: Response, change: int, by: Membership, at: datetime) -> None:
    """As it was before the latest change, which must be this one. Raises NothingToTakeBack, TagIsGone."""
    access.require(by, Permission.MARK_RESPONSES)
    with transaction.atomic():
        mine = ResponseChange.objects.filter(organization=by.organization, response=response)
        said = mine.filter(pk=change).first()
        if said is None:
            raise NothingToTakeBack(change)
        _hold_tags_of(said)
        forgetting.hold(by.organization_id, [response.pk])
        if mine.filter(pk__gt=change).exists():
            raise NothingToTakeBack(change)
        _reverse(said, _marker(by, at))
        audit.record(by, "response.mark_taken_back", response, at=at)


def _hold_tags_of(change: ResponseChange) -> None:
    """In the order of their keys, before the response. Raises TagIsGone."""
    before, after = (set(keys) for keys in change.changes.get("tags", [[], []]))
    for key in sorted(before - after):
        hold_tag(Tag(pk=key, organization_id=change.organization_id))


def hold_tag(tag: Tag) -> None:
    """It stays until the transaction ends. Before any response is locked, as in deleting a tag. Raises TagIsGone."""
    if not Tag.objects.select_for_update(no_key=True).filter(organization=tag.organization_id, pk=tag.pk).exists():
        raise TagIsGone(tag)


def _marker(by: Membership, at: datetime) -> Marker:
    return Marker(by.organization_id, by.user_id, at)


def _noted(action: str, changed: list[int], by: Membership, at: datetime) -> int:
    for response in Response.objects.filter(organization=by.organization, pk__in=changed).select_related("campaign"):
        audit.record(by, action, response, at=at)  # without the note: who is erased may be named in it
    return len(changed)


def _reverse(change: ResponseChange, marker: Marker) -> None:
    said, about = change.changes, [change.response_id]
    if "tags" in said:
        before, after = (set(keys) for keys in said["tags"])
        for key in sorted(after - before):
            marking_slices.untag(marker, about, key)
        for key in sorted(before - after):
            marking_slices.tag(marker, about, key)
    if "junk" in said:
        reason = said["junk"][0]
        if reason is None:
            marking_slices.include(marker, about)
        else:
            marking_slices.exclude(marker, about, Junk(reason, said.get("note", [""])[0]))
