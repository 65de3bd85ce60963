"""A report that was let in: cut, understood as far as possible, and stored."""

import logging
from datetime import datetime, timedelta
from typing import Final

from surveys.delivery import actions
from surveys.delivery.actions import Tally
from surveys.delivery.hooks import sns, splitting, translating
from surveys.delivery.hooks.posted import Posted
from surveys.delivery.hooks.roads import Road
from surveys.delivery.told import Told, Unread

logger = logging.getLogger(__name__)

_MOST_UNREAD: Final = 20  # parts of one report that are kept for people; they look alike
_REFUSALS_APART: Final = timedelta(hours=1)  # between two notes that something was refused


def receive(road: Road, posted: Posted, *, at: datetime) -> Tally:
    """What can be read is stored, what cannot be is kept for people: neither is asked for again. Raises TooMany."""
    try:
        parts = splitting.parts(road.provider, posted)
    except splitting.NoReport as error:
        _keep(road, [Unread(translating.shortened(posted.body.decode("utf-8", "replace")), str(error))], at)
        return Tally()
    understood: list[Told] = []
    unread: list[Unread] = []
    for part in parts:
        try:
            told = translating.told(road, part, posted)
        except translating.NotUnderstood as error:
            unread.append(Unread(translating.shortened(translating.raw(part)), str(error)))
        else:
            understood += [told] if told else []
    _keep(road, unread, at)
    return actions.tell_of(understood, at=at)


def _keep(road: Road, unread: list[Unread], at: datetime) -> None:
    if unread:
        logger.warning(
            "%s parts of a report of %s on road %r were not understood", len(unread), road.provider, road.route
        )
        more = len(unread) - _MOST_UNREAD
        if more > 0:
            unread = [*unread[:_MOST_UNREAD], Unread("", f"{more} more parts of the same report were not understood.")]
        actions.note_unread(unread, route=road.route, provider=road.provider, at=at)


def refuse(road: Road, why: str, *, at: datetime) -> None:
    """Not let in. Said once an hour, to people who may have made a mistake with the key."""
    logger.warning("a report of %s on road %r was refused: %s", road.provider, road.route, why)
    actions.note_refusal(why, route=road.route, provider=road.provider, at=at, apart=_REFUSALS_APART)


def subscribe(road: Road, posted: Posted, *, at: datetime) -> None:
    """Amazon SNS begins or ends a subscription to a topic of this road. Raises sns.Unanswered."""
    message = posted.json
    if message["Type"] == sns.SUBSCRIPTION and not sns.confirm(message):
        refuse(road, "The subscription's address is not Amazon's.", at=at)
    elif message["Type"] == sns.UNSUBSCRIBED:
        note = Unread(
            "", f"The subscription of the topic {message['TopicArn']} was ended. Nothing more will come from it."
        )
        _keep(road, [note], at)
