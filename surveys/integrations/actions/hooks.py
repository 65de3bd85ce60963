"""Hooks are added, changed, switched and removed by people."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from surveys.accounts import access, audit
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.integrations import addresses, secrets
from surveys.integrations.actions.sending import cancel_due
from surveys.integrations.models import Hook, HookKind

MOST: Final = 50  # of an organization


@dataclass(frozen=True)
class Wish:
    """A hook as somebody wants it; without an address the one that is stored stays."""

    name: str
    address: str = ""
    tells_words: bool = False


class Refused(ValueError):
    """It cannot be so; `field` says where, and the message why."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def add(*, kind: str, wish: Wish, by: Membership, at: datetime) -> tuple[Hook, str]:
    """The hook, and the secret with which its posts are signed, which nobody is shown again. Raises Refused."""
    access.require(by, Permission.EDIT_AUTOMATION)
    _check(wish)
    secret = secrets.new_secret() if kind == HookKind.WEBHOOK else ""
    with transaction.atomic():
        if Hook.objects.filter(organization=by.organization).count() >= MOST:
            raise Refused(
                "name", _("An organization has at most %(most)d connections. Remove one first.") % {"most": MOST}
            )
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
        if wish.address:
            locked.failing_since = None
        _store(locked, wish.name)
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
        changes: dict[str, Any] = {"is_on": on, "stopped_reason": "", "failing_since": None}
        other = Hook.objects.filter(organization=by.organization, pk=hook.pk, is_on=not on)
        if not other.update(**changes):
            return 0
        audit.record(by, f"hook.switched_{'on' if on else 'off'}", hook, at=at)
        return 0 if on else cancel_due(hook)


def remove(*, hook: Hook, by: Membership, at: datetime) -> None:
    """With its address, its secret and its log. Rules that post there leave it out, and say so. Twice changes nothing."""
    access.require(by, Permission.EDIT_AUTOMATION)
    with transaction.atomic():
        locked = Hook.objects.select_for_update().filter(organization=by.organization, pk=hook.pk).first()
        if locked is not None:
            audit.record(by, "hook.removed", locked, at=at, host=locked.host)
            locked.delete()


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
