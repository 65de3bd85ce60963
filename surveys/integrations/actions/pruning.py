"""The log of posts is kept for some time."""

from datetime import datetime, timedelta

from django.conf import settings

from surveys.integrations.models import HookPost, PostState


def prune(*, at: datetime) -> int:
    """Forget posts whose time is over, those that are still to be posted excepted; returns how many."""
    old = HookPost.objects.exclude(state=PostState.DUE).filter(
        created_at__lt=at - timedelta(days=settings.HOOK_LOG_DAYS)
    )
    return int(old._raw_delete("default"))
