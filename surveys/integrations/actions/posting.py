"""Messages to other systems: a row for each, which a task posts."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from surveys.accounts import access, audit
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.integrations.models import Hook, HookPost, PostState
from surveys.outbox.nudges import nudge

TASK = "surveys.integrations.tasks.post_due"


def post(*, hook: Hook, key: str, facts: Mapping[str, Any], at: datetime) -> HookPost:
    """Let that system know, once for each `key`: the post that stands already is returned.

    `facts` are ids and codes with their `type`; what they mean is looked up when it is posted.
    """
    with transaction.atomic():
        made, is_new = HookPost.objects.get_or_create(
            organization_id=hook.organization_id,
            hook=hook,
            key=key,
            defaults={"body": dict(facts), "due_at": at, "created_at": at},
        )
        if is_new:
            transaction.on_commit(partial(nudge, TASK))
    return made


def repeat(*, post: HookPost, by: Membership, at: datetime) -> bool:
    """Try again what failed or was cancelled, from the beginning of the ladder. False when it is under way or was posted."""
    access.require(by, Permission.EDIT_AUTOMATION)
    with transaction.atomic():
        ended = HookPost.objects.filter(pk=post.pk, state__in=(PostState.FAILED, PostState.CANCELLED), hook__is_on=True)
        if not ended.update(state=PostState.DUE, due_at=at, attempts=0, lease_until=None):
            return False
        audit.record(by, "hook.post_repeated", post.hook, at=at)
        transaction.on_commit(partial(nudge, TASK))
    return True
