"""A test of a hook: posted while somebody waits, and never repeated by itself."""

from datetime import datetime
from uuid import uuid4

from django.db import transaction

from surveys.accounts import access, audit
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.integrations.actions import sending
from surveys.integrations.actions.posting import TASK
from surveys.integrations.bodies import TEST
from surveys.integrations.calling import call
from surveys.integrations.models import Hook, HookPost, PostState
from surveys.outbox.nudges import nudge


def try_hook(*, hook: Hook, by: Membership, at: datetime) -> HookPost:
    """Post a test, also while the hook is off; returns it with what the other side answered.

    Nothing is held in the database meanwhile. A test that arrives ends the rest of a hook that fails;
    one that does not says nothing about it.
    """
    access.require(by, Permission.EDIT_AUTOMATION)
    with transaction.atomic():
        made = HookPost.objects.create(
            organization=by.organization,
            hook=hook,
            key=f"{sending.TEST_KEY}{uuid4()}",
            body={"type": TEST},
            state=PostState.CANCELLED,  # it is nobody's to post, should this process die in the midst
            attempts=1,
            due_at=at,
            created_at=at,
        )
        audit.record(by, "hook.tested", hook, at=at)
    sending.settle(post=made, answer=call(made, at), at=at)
    made.refresh_from_db()
    if made.state == PostState.POSTED:
        nudge(TASK)
    return made
