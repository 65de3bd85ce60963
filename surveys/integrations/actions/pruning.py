"""The log of posts is kept for some time, and what is secret of a connection that was removed."""

from datetime import datetime, timedelta

from django.conf import settings

from surveys.integrations.actions.hooks import kept
from surveys.integrations.models import Hook, HookPost, PostState


def prune(*, at: datetime) -> int:
    """Forget posts whose time is over, those that are still to be posted excepted; returns how many."""
    old = HookPost.objects.exclude(state=PostState.DUE).filter(
        created_at__lt=at - timedelta(days=settings.HOOK_LOG_DAYS)
    )
    return int(old._raw_delete("default"))


def forget_removed(*, at: datetime) -> int:
    """Address, secret and log of those that nobody has brought back in time; returns of how many. Their names stay, for
    rules that name them."""
    removed = Hook.ever.filter(deleted_at__lte=at - kept()).exclude(address="")
    keys = list(removed.values_list("pk", flat=True))
    HookPost.objects.filter(hook__in=keys)._raw_delete("default")
    return Hook.ever.filter(pk__in=keys).exclude(deleted_at=None).update(address="", secret="", host="")
