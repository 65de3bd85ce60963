"""Messages to other systems: a row for each, which a task posts."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Q

from surveys.accounts import access, audit
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.integrations.models import Ending, Hook, HookPost, PostState
from surveys.outbox.nudges import nudge

TASK = "surveys.integrations.tasks.post_due"


def post(*, hook: Hook, key: str, facts: Mapping[str, Any], at: datetime) -> HookPost:
    """Let that system know, once for each `key`: the post that stands already is returned.

    `facts` are ids and codes with their `type`; what they mean is looked up when it is posted. Of a hook that was switched
    off or removed a moment ago it is cancelled as what waited then was.
    """
    with transaction.atomic():
        begins = _begins(hook)
        made, is_new = HookPost.objects.get_or_create(
            organization_id=hook.organization_id,
            hook=hook,
            key=key,
            defaults={"body": dict(facts), "due_at": at, "created_at": at, **begins},
        )
        if is_new and made.state == PostState.DUE:
            transaction.on_commit(partial(nudge, TASK))
    return made


# Whoever switches it off or removes it waits for us and cancels what we post, or we wait for them and see that they did.
_HELD: Final = "SELECT is_on, deleted_at IS NOT NULL FROM surveys_hook WHERE id = %s FOR KEY SHARE"


def _begins(hook: Hook) -> dict[str, str]:
    """As what a post begins, as the hook stands."""
    with connection.cursor() as cursor:
        cursor.execute(_HELD, [hook.pk])
        is_on, is_removed = cursor.fetchone()
    if is_removed:
        return {"state": PostState.CANCELLED, "ended": Ending.REMOVED}
    return {"state": PostState.DUE} if is_on else {"state": PostState.CANCELLED, "ended": Ending.SWITCHED_OFF}


def repeat(*, post: HookPost, by: Membership, at: datetime) -> bool:
    """Try again what failed or was cancelled, from the beginning of the ladder, and at once though its hook rests.

    False when it is under way or was posted, or its hook is off.
    """
    access.require(by, Permission.EDIT_AUTOMATION)
    with transaction.atomic():
        mine = HookPost.objects.filter(organization=by.organization, pk=post.pk)
        ended = mine.filter(state__in=(PostState.FAILED, PostState.CANCELLED), hook__is_on=True, hook__deleted_at=None)
        is_on_its_way = Q(lease_until__gte=at)
        if not ended.exclude(is_on_its_way).update(
            state=PostState.DUE, due_at=at, attempts=0, lease_until=None, ended=""
        ):
            return False
        Hook.objects.filter(pk=post.hook_id).update(rests_until=None)
        audit.record(by, "hook.post_repeated", post.hook, at=at)
        transaction.on_commit(partial(nudge, TASK))
    return True
