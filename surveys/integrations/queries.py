"""Reads about hooks and what was posted to them."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Lower

from surveys.accounts.models import Organization
from surveys.integrations.models import Hook, HookPost, PostState

PAGE = 50


def hooks(organization: Organization) -> QuerySet[Hook]:
    """By name, with the time of the last post that arrived (`last_posted_at`); one statement."""
    arrived = HookPost.objects.filter(organization=organization, hook=OuterRef("pk"), state=PostState.POSTED)
    latest = Subquery(arrived.order_by("-pk").values("posted_at")[:1])
    return Hook.objects.filter(organization=organization).annotate(last_posted_at=latest).order_by(Lower("name"))


def removed(organization: Organization, since: datetime) -> list[Hook]:
    """Those that can be brought back, the latest first."""
    gone = Hook.ever.filter(organization=organization, deleted_at__gt=since).exclude(address="")
    return list(gone.order_by("-deleted_at", "-pk"))


def hooks_by_id(organization: Organization, ids: Sequence[int]) -> dict[int, Hook]:
    return {hook.pk: hook for hook in Hook.objects.filter(organization=organization, pk__in=ids)}


def waiting(hook: Hook) -> int:
    return HookPost.objects.filter(organization=hook.organization_id, hook=hook, state=PostState.DUE).count()


def log(hook: Hook, before: int | None = None) -> list[HookPost]:
    """The newest posts, a page and one more; `before` is the id of the last that was shown."""
    posts = HookPost.objects.filter(organization=hook.organization_id, hook=hook)
    posts = posts.filter(pk__lt=before) if before else posts
    return list(posts.order_by("-pk")[: PAGE + 1])
