"""Messages to other systems: a row for each, which a task posts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from surveys.integrations.models import Hook, HookPost


def post(*, hook: Hook, key: str, facts: Mapping[str, Any], at: datetime) -> HookPost:
    """Let that system know, once for each `key`: the post that stands already is returned."""
    made, _is_new = HookPost.objects.get_or_create(
        organization_id=hook.organization_id,
        hook=hook,
        key=key,
        defaults={"body": dict(facts), "due_at": at, "created_at": at},
    )
    return made
