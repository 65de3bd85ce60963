"""Writing down what happened, beside the score."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from surveys.accounts import access, audit
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.analytics.models import Annotation
from surveys.campaigns.models import Campaign


@dataclass(frozen=True)
class Told:
    """What happened, when, and to which campaign (None: to all)."""

    day: date
    text: str
    last_day: date | None = None
    campaign: Campaign | None = None


def annotate(*, told: Told, by: Membership, at: datetime) -> Annotation:
    access.require(by, Permission.MARK_RESPONSES)
    with transaction.atomic():
        made = Annotation.objects.create(
            organization=by.organization, created_by_id=by.user_id, created_at=at, updated_at=at, **vars(told)
        )
        audit.record(by, "annotation.added", made, at=at)
    return made


def change_annotation(*, annotation: Annotation, told: Told, by: Membership, at: datetime) -> None:
    """Nothing is written where nothing differs."""
    access.require(by, Permission.MARK_RESPONSES)
    with transaction.atomic():
        held = Annotation.objects.select_for_update().get(organization=by.organization, pk=annotation.pk)
        wanted = {**vars(told), "campaign_id": told.campaign.pk if told.campaign else None}
        del wanted["campaign"]
        changed = {name: [getattr(held, name), value] for name, value in wanted.items() if getattr(held, name) != value}
        if not changed:
            return
        for name, value in wanted.items():
            setattr(held, name, value)
        held.updated_at = at
        held.save(update_fields=[*wanted, "updated_at"])
        said = {name: [_plain(before), _plain(after)] for name, (before, after) in changed.items()}
        audit.record(by, "annotation.changed", held, at=at, changed=said)


def _plain(value: date | str | int | None) -> str | int | None:
    return value.isoformat() if isinstance(value, date) else value


def delete_annotation(*, annotation: Annotation, by: Membership, at: datetime) -> None:
    """It can be brought back. Doing it again changes nothing."""
    access.require(by, Permission.MARK_RESPONSES)
    with transaction.atomic():
        there = Annotation.objects.filter(organization=by.organization, pk=annotation.pk, deleted_at=None)
        if there.update(deleted_at=at):
            audit.record(by, "annotation.deleted", annotation, at=at)


def restore_annotation(*, annotation: Annotation, by: Membership, at: datetime) -> None:
    """Doing it again changes nothing."""
    access.require(by, Permission.MARK_RESPONSES)
    with transaction.atomic():
        gone = Annotation.objects.filter(organization=by.organization, pk=annotation.pk, deleted_at__isnull=False)
        if gone.update(deleted_at=None):
            audit.record(by, "annotation.restored", annotation, at=at)
