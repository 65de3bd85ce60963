"""What was posted and is no mail that we take: noted where operators look at what providers tell."""

import logging
from datetime import datetime, timedelta
from typing import Final

from surveys.delivery import actions, routes
from surveys.delivery.hooks import translating
from surveys.delivery.hooks.posted import Posted
from surveys.delivery.told import Unread

logger = logging.getLogger(__name__)

_APART: Final = timedelta(hours=1)  # between two notes that something was refused


def note(why: str, provider: str, *, at: datetime) -> None:
    logger.warning("a mail posted by %s was refused: %s", provider, why)
    actions.note_refusal(why, route=routes.OPERATOR, provider=provider, at=at, apart=_APART)


def keep(posted: Posted, why: str, provider: str, *, at: datetime) -> None:
    logger.warning("a mail posted by %s was not understood: %s", provider, why)
    raw = translating.shortened(posted.body.decode("utf-8", "replace"))
    actions.note_unread([Unread(raw, why)], route=routes.OPERATOR, provider=provider, at=at)
