"""What people say about one comment. It stands, whatever rules and learning say, and both learn from it."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.db import transaction

from surveys.accounts import access, audit
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.comments.actions.themes import Gone
from surveys.comments.models import SentimentRuling, Theme, ThemeRuling
from surveys.comments.reactions import READ
from surveys.outbox.nudges import nudge
from surveys.responses.actions import reading
from surveys.responses.models import Response


class NotCommented(ValueError):
    """The response has no comment (any more)."""


def rule_theme(*, response: Response, theme: Theme, belongs: bool, by: Membership, at: datetime) -> None:
    """The comment is, or is not, about the theme. Counts follow at once. Raises NotCommented, Gone."""
    access.require(by, Permission.MARK_RESPONSES)
    theme = access.get(by, Theme, theme.pk)
    with transaction.atomic():
        held = _held(response, by)
        _hold(theme)
        ThemeRuling.objects.update_or_create(
            organization=by.organization,
            response=held,
            theme=theme,
            defaults={"belongs": belongs, "by": by.user, "at": at},
        )
        others = [key for key in held.themes if key != theme.pk]
        _mark(held, at, themes=sorted([*others, theme.pk] if belongs else others))
        said = "response.theme_given" if belongs else "response.theme_taken"
        audit.record(by, said, held, at=at, theme=theme.name)


def unrule_theme(*, response: Response, theme: Theme, by: Membership, at: datetime) -> None:
    """Take back what was said: the comment is read again. Raises NotCommented."""
    access.require(by, Permission.MARK_RESPONSES)
    with transaction.atomic():
        held = _held(response, by)
        mine = ThemeRuling.objects.filter(organization=by.organization, response=held, theme=theme)
        if mine.delete()[0]:
            _read_again(held)
            audit.record(by, "response.theme_unruled", held, at=at, theme=theme.name)


def rule_sentiment(*, response: Response, sentiment: int, by: Membership, at: datetime) -> None:
    """The comment is meant badly (−1), neither (0), or well (1). Counts follow at once. Raises NotCommented."""
    access.require(by, Permission.MARK_RESPONSES)
    with transaction.atomic():
        held = _held(response, by)
        SentimentRuling.objects.update_or_create(
            organization=by.organization,
            response=held,
            defaults={"sentiment": sentiment, "by": by.user, "at": at},
        )
        changed = {"sentiment": [held.sentiment, sentiment]}
        _mark(held, at, sentiment=sentiment)
        audit.record(by, "response.sentiment_ruled", held, at=at, changed=changed)


def unrule_sentiment(*, response: Response, by: Membership, at: datetime) -> None:
    """Take back what was said: the comment is read again. Raises NotCommented."""
    access.require(by, Permission.MARK_RESPONSES)
    with transaction.atomic():
        held = _held(response, by)
        if SentimentRuling.objects.filter(organization=by.organization, response=held).delete()[0]:
            _read_again(held)
            audit.record(by, "response.sentiment_unruled", held, at=at)


def _held(response: Response, by: Membership) -> Response:
    held = reading.hold_one(organization_id=by.organization_id, response=response.pk)
    if held is None or not held.comment:
        raise NotCommented(response)
    return held


def _hold(theme: Theme) -> None:
    """Until the end of the transaction nobody deletes it."""
    if Theme.objects.select_for_update(no_key=True).filter(pk=theme.pk).first() is None:
        raise Gone(theme)


def _mark(held: Response, at: datetime, *, themes: Sequence[int] | None = None, sentiment: int | None = None) -> None:
    reading.mark(
        response=held,
        themes=list(held.themes if themes is None else themes),
        sentiment=held.sentiment if sentiment is None else sentiment,
        at=at,
    )


def _read_again(held: Response) -> None:
    reading.read_again(organization_id=held.organization_id, responses=[held.pk])
    transaction.on_commit(partial(nudge, READ))
