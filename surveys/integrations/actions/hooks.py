"""Hooks are added, changed, switched and removed by people."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from surveys.accounts import access, audit
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.integrations import addresses, secrets
from surveys.integrations.actions import sending
from surveys.integrations.actions.posting import TASK
from surveys.integrations.models import Ending, Hook, HookKind, HookPost, PostState
from surveys.outbox.nudges import nudge

MOST: Final = 50  # of an organization


@dataclass(frozen=True)
class Wish:
    """A hook as somebody wants it; without an address the one that is stored stays."""

    name: str
    address: str = ""
    tells_words: bool = False


class Refused(ValueError):
    """It cannot be so; `field` says where (None: as a whole), and the message why."""

    def __init__(self, field: str | None, message: str) -> None:
        super().__init__(message)
        self.field = field


def add(*, kind: str, wish: Wish, by: Membership, at: datetime) -> tuple[Hook, str]:
    """The hook, and the secret with which its posts are signed, which nobody is shown again. Raises Refused."""
    access.require(by, Permission.EDIT_AUTOMATION)
    _check(wish)
    secret = secrets.new_secret() if kind == HookKind.WEBHOOK else ""
    with transaction.atomic():
        _require_room(by)
        made = Hook(
            organization=by.organization,
            kind=HookKind(kind),
            secret=secrets.sealed(secret) if secret else "",
            created_by=by.user,
            created_at=at,
            **_columns(wish),
        )
        _store(made, wish.name)
        audit.record(by, "hook.added", made, at=at, kind=kind, host=made.host)
    return made, secret


def change(*, hook: Hook, wish: Wish, by: Membership, at: datetime) -> None:
    """Posts that wait go to the new address. Raises Refused."""
    access.require(by, Permission.EDIT_AUTOMATION)
    _check(wish, needs_address=False)
    with transaction.atomic():
        locked = Hook.objects.select_for_update().get(organization=by.organization, pk=hook.pk)
        before = {"name": locked.name, "host": locked.host, "tells_words": locked.tells_words}
        for name, value in _columns(wish).items():
            setattr(locked, name, value)
        _store(locked, wish.name)
        if wish.address:
            sending.wake(locked)
            transaction.on_commit(partial(nudge, TASK))
        after = {"name": locked.name, "host": locked.host, "tells_words": locked.tells_words}
        changed = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
        if changed or wish.address:
            audit.record(by, "hook.changed", locked, at=at, changed=changed)


def renew_secret(*, hook: Hook, by: Membership, at: datetime) -> str:
    """The new secret; posts are signed with it at once, and with the former one no more. Empty for hooks without one."""
    access.require(by, Permission.EDIT_AUTOMATION)
    secret = secrets.new_secret()
    with transaction.atomic():
        mine = Hook.objects.filter(organization=by.organization, pk=hook.pk, kind=HookKind.WEBHOOK)
        if not mine.update(secret=secrets.sealed(secret)):
            return ""
        audit.record(by, "hook.secret_renewed", hook, at=at)
    return secret


def switch(*, hook: Hook, on: bool, by: Membership, at: datetime) -> int:
    """Off: what waits is cancelled; returns how much that is. On: from now on, and as if it had never failed."""
    access.require(by, Permission.EDIT_AUTOMATION)
    with transaction.atomic():
        changes: dict[str, Any] = {"is_on": on, "stopped_reason": "", "failing_since": None, "rests_until": None}
        other = Hook.objects.select_for_update().filter(organization=by.organization, pk=hook.pk, is_on=not on).first()
        if other is None:
            return 0
        Hook.objects.filter(pk=other.pk).update(**changes)
        audit.record(by, f"hook.switched_{'on' if on else 'off'}", other, at=at)
        return 0 if on else sending.cancel_due(other, Ending.SWITCHED_OFF)


def remove(*, hook: Hook, by: Membership, at: datetime) -> int:
    """What waits is cancelled: returns how much that is. Rules that post there leave it out, and say so. Twice changes
    nothing.

    It can be brought back (`restore`) until its address, its secret and its log are erased (`pruning`).
    """
    access.require(by, Permission.EDIT_AUTOMATION)
    with transaction.atomic():
        locked = Hook.objects.select_for_update().filter(organization=by.organization, pk=hook.pk).first()
        if locked is None:
            return 0
        Hook.objects.filter(pk=locked.pk).update(deleted_at=at)
        audit.record(by, "hook.removed", locked, at=at, host=locked.host)
        return sending.cancel_due(locked, Ending.REMOVED)


def restore(*, hook: Hook, by: Membership, at: datetime) -> int:
    """As it was, and as if it had never failed; what waited when it was removed is posted: returns how much that is. One
    that was not removed stays as it is. Raises Refused when its name is taken, there are too many, or it is too late.
    """
    access.require(by, Permission.EDIT_AUTOMATION)
    with transaction.atomic():
        row = Hook.ever.select_for_update().get(organization=by.organization, pk=hook.pk)
        if row.deleted_at is None:
            return 0
        if not can_return(row, at):
            raise Refused(None, _("The address of “%(name)s” was erased. Add the connection anew.") % {"name": row})
        _require_room(by)
        row.deleted_at = None
        _store(row, row.name)
        audit.record(by, "hook.restored", row, at=at, host=row.host)
        waited = HookPost.objects.filter(hook=row, state=PostState.CANCELLED, ended=Ending.REMOVED)
        back = waited.update(state=PostState.DUE, ended="")
        sending.wake(row)
        transaction.on_commit(partial(nudge, TASK))
        return back


def can_return(hook: Hook, at: datetime) -> bool:
    """Whether one that was removed can be brought back."""
    return bool(hook.address) and hook.deleted_at is not None and hook.deleted_at > at - kept()


def kept() -> timedelta:
    """How long one that was removed can be brought back."""
    return timedelta(hours=settings.HOOK_UNDO_HOURS)


def _require_room(by: Membership) -> None:
    if Hook.objects.filter(organization=by.organization).count() >= MOST:
        raise Refused(None, _("An organization has at most %(most)d connections. Remove one first.") % {"most": MOST})


def _check(wish: Wish, *, needs_address: bool = True) -> None:
    if not wish.name.strip():
        raise Refused("name", _("The connection needs a name."))
    if (wish.address or needs_address) and (why := addresses.problem(wish.address)):
        raise Refused("address", why)


def _columns(wish: Wish) -> dict[str, Any]:
    columns: dict[str, Any] = {"name": wish.name.strip(), "tells_words": wish.tells_words}
    if wish.address:
        columns |= {"address": secrets.sealed(wish.address), "host": addresses.host_of(wish.address)[:253]}
    return columns


def _store(hook: Hook, name: str) -> None:
    try:
        with transaction.atomic():
            hook.save()
    except IntegrityError as error:
        raise Refused("name", _("There is a connection “%(name)s” already.") % {"name": name}) from error
