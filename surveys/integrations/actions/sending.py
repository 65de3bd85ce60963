"""Posts go out: claimed with a lease, called outside of any transaction, and settled by what the other side answered.

One at a time for each hook. While a hook fails, all that waits for it is put off, longer and longer: one that hangs holds
nobody else up. After days of failing it is stopped, and who can mend it is told.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from surveys.accounts import audit
from surveys.integrations.calling import Answer, call
from surveys.integrations.models import Hook, HookPost, PostState
from surveys.outbox import actions as outbox

logger = logging.getLogger(__name__)

LADDER: Final = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 300, 1800, 7200, 21600))
TEST_KEY: Final = "test:"
LONGEST_REST: Final = timedelta(hours=1)  # of a hook that fails, between two calls


def work(*, clock: Callable[[], datetime], most: int = 50) -> int:
    """Post what is due; returns how many posts were taken. Workers share them."""
    taken = 0
    while taken < most and (post := claim(at=clock())) is not None:
        settle(post=post, answer=call(post, clock()), at=clock())
        taken += 1
    return taken


def claim(*, at: datetime) -> HookPost | None:
    """The next that is due, of a hook to which nothing is on its way; ours until its lease ends."""
    leased = HookPost.objects.filter(state=PostState.DUE, lease_until__gte=at)
    with transaction.atomic():
        if leased.count() >= settings.HOOKS_AT_ONCE:
            return None
        due = HookPost.objects.filter(state=PostState.DUE, due_at__lte=at, hook__is_on=True)
        due = due.filter(~Exists(leased.filter(hook=OuterRef("hook"))), organization__suspended_at=None)
        locked = due.select_for_update(skip_locked=True, no_key=True, of=("self", "hook"))
        post = locked.select_related("hook", "organization").order_by("due_at", "pk").first()
        if post is not None:
            take(post, at)
    return post


def take(post: HookPost, at: datetime) -> None:
    """The lease holds longer than the longest call."""
    post.lease_until = at + timedelta(seconds=60 + 2 * settings.HOOK_SECONDS)
    post.attempts += 1
    post.save(update_fields=["lease_until", "attempts"])


def settle(*, post: HookPost, answer: Answer, at: datetime) -> None:
    """Note what became of it. What was cancelled or settled meanwhile stays as it is, unless it has arrived."""
    with transaction.atomic():
        hook = Hook.objects.select_for_update(no_key=True).filter(pk=post.hook_id).first()
        if hook is None:
            return  # it was removed, and its posts with it
        state = _next_state(post, answer)
        still = HookPost.objects.filter(pk=post.pk, attempts=post.attempts)
        still = still if answer.is_good or _is_test(post) else still.filter(state=PostState.DUE)
        due_at = at + _wait(hook, post, answer, at)
        changed = still.update(
            state=state,
            status=answer.status,
            said="" if answer.is_good and not _is_test(post) else answer.said,
            lease_until=None,
            due_at=due_at if state == PostState.DUE else post.due_at,
            posted_at=at if answer.is_good else None,
        )
        if changed and not _is_test(post):
            _note_on_hook(hook, state, answer, due_at, at)


def _is_test(post: HookPost) -> bool:
    return post.key.startswith(TEST_KEY)


def _next_state(post: HookPost, answer: Answer) -> PostState:
    if answer.is_good:
        return PostState.POSTED
    is_last = answer.is_gone or _is_test(post) or post.attempts > len(LADDER)
    return PostState.FAILED if is_last else PostState.DUE


def _wait(hook: Hook, post: HookPost, answer: Answer, at: datetime) -> timedelta:
    """By the ladder; longer when it asks for it, or has failed for long."""
    failing = at - (hook.failing_since or at)
    step = LADDER[min(post.attempts, len(LADDER)) - 1]
    return max(step, timedelta(seconds=answer.wait), min(failing / 4, LONGEST_REST))


def _note_on_hook(hook: Hook, state: PostState, answer: Answer, due_at: datetime, at: datetime) -> None:
    mine = Hook.objects.filter(pk=hook.pk)
    if answer.is_good:
        mine.exclude(failing_since=None).update(failing_since=None)
        return
    since = hook.failing_since or at
    if hook.failing_since is None:
        mine.update(failing_since=at)
    waiting = HookPost.objects.filter(hook=hook, state=PostState.DUE, lease_until=None, due_at__lt=due_at)
    waiting.update(due_at=due_at)
    if answer.is_gone:
        stop(hook, _("It says that this address is gone for good (410)."), at)
    elif at - since >= timedelta(days=settings.HOOK_FAILING_DAYS):
        stop(hook, _("Nothing arrived for %(days)d days. %(why)s") % _why(answer), at)
    elif state == PostState.FAILED:
        outbox.publish("hook.failed", hook, at=at)


def _why(answer: Answer) -> dict[str, object]:
    status = _("It answers %(status)d.") % {"status": answer.status} if answer.status else ""
    return {"days": settings.HOOK_FAILING_DAYS, "why": f"{status} {answer.said}".strip()}


def stop(hook: Hook, reason: str, at: datetime) -> None:
    """It cannot go on: it is off, what waits is cancelled, and who can mend it is told. The caller holds its lock."""
    if not Hook.objects.filter(pk=hook.pk, is_on=True).update(is_on=False, stopped_reason=reason[:300]):
        return
    cancel_due(hook)
    logger.warning("hook %s was stopped: %s", hook.pk, reason)
    audit.record_automatic(hook.organization_id, "hook.stopped", hook, at=at, reason=reason)
    outbox.publish("hook.stopped", hook, at=at)


def cancel_due(hook: Hook) -> int:
    """What is on its way at this moment may still arrive."""
    due = HookPost.objects.filter(hook=hook, state=PostState.DUE)
    return due.update(state=PostState.CANCELLED, lease_until=None)
