"""Posts go out: claimed with a lease, called outside of any transaction, and settled by what the other side answered.

One at a time for each hook, and hooks take turns. Each post has tries of its own. While a hook does not answer it rests,
longer and longer, between two calls, and all that waits for it waits: one that hangs holds nobody else up. Which post is
tried meanwhile goes round, so that an outage uses up the tries of none; when it is over they go out in their order. After
days of failing the hook is stopped, and who can mend it is told.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from surveys.accounts import audit
from surveys.integrations.calling import Answer, call
from surveys.integrations.models import Ending, Hook, HookPost, PostState
from surveys.outbox import actions as outbox

logger = logging.getLogger(__name__)

LADDER: Final = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 300, 1800, 7200, 21600))
TEST_KEY: Final = "test:"
LONGEST_REST: Final = timedelta(hours=1)  # of a hook that fails, between two calls
OUTAGE: Final = timedelta(minutes=1)  # what failed for longer was no hiccup
# What is refused for what is in it: other posts may well be taken.
OF_THE_POST: Final = (400, 406, 409, 411, 412, 413, 414, 415, 422)
_SPACE: Final = 7033  # tells this advisory lock from others


def work(*, clock: Callable[[], datetime], most: int = 50) -> int:
    """Post what is due; returns how many posts were taken. Workers share them."""
    taken = 0
    while taken < most and (post := claim(at=clock())) is not None:
        settle(post=post, answer=call(post, clock()), at=clock())
        taken += 1
    return taken


def claim(*, at: datetime) -> HookPost | None:
    """The next post of the hook whose turn is next; ours until its lease ends."""
    with transaction.atomic():
        _claim_alone()
        if HookPost.objects.filter(state=PostState.DUE, lease_until__gte=at).count() >= settings.HOOKS_AT_ONCE:
            return None
        hook = _next_hook(at)
        if hook is None:
            return None
        due = HookPost.objects.filter(hook=hook, state=PostState.DUE, due_at__lte=at).select_related("organization")
        order = ("attempts", "due_at", "pk") if hook.failing_since else ("due_at", "pk")
        post = due.order_by(*order).first()
        if post is not None:
            post.hook = hook
            take(post, at)
    return post


def _claim_alone() -> None:
    """Whoever claims next sees our lease: a statement that began before we commit would read hooks as they are by then, and
    leases as they were."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_SPACE])


def _next_hook(at: datetime) -> Hook | None:
    """One that has something due, does not rest, and to which nothing is on its way. The transaction holds it."""
    posts = HookPost.objects.filter(hook=OuterRef("pk"), state=PostState.DUE)
    first = Subquery(posts.order_by("due_at").values("due_at")[:1])  # one look into the index, whatever statistics say
    ready = Hook.objects.filter(
        Q(rests_until=None) | Q(rests_until__lte=at), is_on=True, organization__suspended_at=None
    )
    ready = ready.alias(first=first).filter(~Exists(posts.filter(lease_until__gte=at)), first__lte=at)
    held = ready.select_for_update(skip_locked=True, no_key=True, of=("self",))
    return held.order_by(F("tried_at").asc(nulls_first=True), "pk").first()


def take(post: HookPost, at: datetime) -> None:
    """The lease holds longer than the longest call."""
    post.lease_until = at + timedelta(seconds=60 + 2 * settings.HOOK_SECONDS)
    post.attempts += 1
    post.save(update_fields=["lease_until", "attempts"])
    Hook.objects.filter(pk=post.hook_id).update(tried_at=at)


def settle(*, post: HookPost, answer: Answer, at: datetime) -> None:
    """Note what became of it. What was cancelled or settled meanwhile stays as it is, unless it has arrived."""
    with transaction.atomic():
        hook = Hook.ever.select_for_update(no_key=True).get(pk=post.hook_id)
        state = _next_state(post, answer)
        still = HookPost.objects.filter(pk=post.pk, attempts=post.attempts)
        still = still if answer.is_good or _is_test(post) else still.filter(state=PostState.DUE)
        changed = still.update(
            state=state,
            status=answer.status,
            said="" if answer.is_good and not _is_test(post) else answer.said,
            ended="",
            lease_until=None,
            due_at=at + _wait(post, answer) if state == PostState.DUE else post.due_at,
            posted_at=at if answer.is_good else None,
        )
        if changed and (answer.is_good or not _is_test(post)):
            _note_on_hook(hook, state, answer, at)


def _is_test(post: HookPost) -> bool:
    return post.key.startswith(TEST_KEY)


def _next_state(post: HookPost, answer: Answer) -> PostState:
    if answer.is_good:
        return PostState.POSTED
    is_last = answer.is_gone or _is_test(post) or post.attempts > len(LADDER)
    return PostState.FAILED if is_last else PostState.DUE


def _wait(post: HookPost, answer: Answer) -> timedelta:
    """Of this post: by the ladder, longer when it is asked for."""
    return max(LADDER[min(post.attempts, len(LADDER)) - 1], timedelta(seconds=answer.wait))


def _note_on_hook(hook: Hook, state: PostState, answer: Answer, at: datetime) -> None:
    if answer.is_good:
        _recover(hook, at)
        return
    since = hook.failing_since or at
    rests_until = None if answer.status in OF_THE_POST else at + _rest(at - since, answer)
    Hook.objects.filter(pk=hook.pk).update(failing_since=since, rests_until=rests_until)
    if answer.is_gone:
        stop(hook, _("It says that this address is gone for good (410)."), at)
    elif at - since >= timedelta(days=settings.HOOK_FAILING_DAYS):
        stop(hook, _("Nothing arrived for %(days)d days. %(why)s") % _why(answer), at)
    elif state == PostState.FAILED:
        outbox.publish("hook.failed", hook, at=at)


def _rest(failing: timedelta, answer: Answer) -> timedelta:
    """Of the hook, between two calls: the longer it fails, the longer; longer still when it asks for it."""
    return max(LADDER[0], min(failing / 4, LONGEST_REST), timedelta(seconds=answer.wait))


def _recover(hook: Hook, at: datetime) -> None:
    """Something arrived. After an outage what could not be delivered has its place among the others again."""
    if hook.failing_since is None:
        return
    Hook.objects.filter(pk=hook.pk).update(failing_since=None, rests_until=None)
    if at - hook.failing_since > OUTAGE:
        _put_back(_tried(hook).exclude(status__in=OF_THE_POST))


def wake(hook: Hook) -> None:
    """It is another one by now, or somebody says so: as if it had never failed. The caller holds its lock."""
    Hook.objects.filter(pk=hook.pk).update(failing_since=None, rests_until=None)
    _put_back(_tried(hook))


def _tried(hook: Hook) -> QuerySet[HookPost]:
    """What waits for another try."""
    return HookPost.objects.filter(hook=hook, state=PostState.DUE, attempts__gt=0)


def _put_back(posts: QuerySet[HookPost]) -> None:
    posts.update(due_at=F("created_at"))


def _why(answer: Answer) -> dict[str, object]:
    status = _("It answers %(status)d.") % {"status": answer.status} if answer.status else ""
    return {"days": settings.HOOK_FAILING_DAYS, "why": f"{status} {answer.said}".strip()}


def stop(hook: Hook, reason: str, at: datetime) -> None:
    """It cannot go on: it is off, what waits is cancelled, and who can mend it is told."""
    held = Hook.objects.select_for_update().filter(pk=hook.pk, is_on=True).first()
    if held is None:
        return
    Hook.objects.filter(pk=hook.pk).update(is_on=False, stopped_reason=reason[:300])
    cancel_due(hook, Ending.STOPPED)
    logger.warning("hook %s was stopped: %s", hook.pk, reason)
    audit.record_automatic(hook.organization_id, "hook.stopped", hook, at=at, reason=reason)
    outbox.publish("hook.stopped", hook, at=at)


def cancel_due(hook: Hook, why: Ending) -> int:
    """What is on its way at this moment may still arrive; its lease says so. The caller holds the hook's lock, the strong
    one, which keeps others from posting (`actions.posting`)."""
    due = HookPost.objects.filter(hook=hook, state=PostState.DUE)
    return due.update(state=PostState.CANCELLED, ended=why)
