"""What the reading of comments does when something happened to a response; subscribed in surveys/subscriptions.py."""

from collections.abc import Sequence
from functools import partial

from django.db import transaction

from surveys.comments.models import CommentNote, SentimentRuling, ThemeRuling
from surveys.outbox.models import Event
from surveys.outbox.nudges import nudge

READ = "surveys.comments.tasks.read"


def read_soon(event: Event) -> None:
    """A comment may have been written. Where there is none the nudge is spared."""
    after = event.payload.get("after")
    if after is None or after["has_comment"]:
        transaction.on_commit(partial(nudge, READ))


def comment_changed(event: Event) -> None:
    """Nothing is left of one that was taken back; one that was rewritten keeps what people said about it."""
    if not event.payload["after"]["has_comment"]:
        _forget(event.organization_id, [event.object_id])


def comments_go(event: Event) -> None:
    """Responses are about to be deleted, or to lose their comments."""
    _forget(event.organization_id, event.payload["responses"])


def _forget(organization_id: int, responses: Sequence[int]) -> None:
    for model in (CommentNote, ThemeRuling, SentimentRuling):
        model.objects.filter(organization=organization_id, response__in=responses)._raw_delete("default")
