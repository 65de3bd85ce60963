"""One batch on its way: compose, mark, send, finalise. What a death in the middle leaves is named by the sweep."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import islice, zip_longest
from typing import Final, TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone
from django.utils.translation import gettext as _

from surveys.campaigns import actions as campaigns
from surveys.delivery import actions, channels, replies, routes
from surveys.delivery.actions import Claim, Claimed, Ending
from surveys.delivery.composing import Composer
from surveys.delivery.mailing import Channel, Mail, Unreachable
from surveys.delivery.models import State
from surveys.delivery.replies import Reply, Verdict

logger = logging.getLogger(__name__)

R = TypeVar("R")
Sealed = tuple[Claimed, Mail]  # a message, and what goes over the wire

TELL_SECONDS: Final = 1.0  # at least so often the invitations of what was sent are marked
RECONNECT_SECONDS: Final = 30.0  # so long a sender waits for a database that has gone away
REFUSALS_IN_A_ROW: Final = 3  # for policy: so many are not about one message any more, but about the sender


def send_due(queue: str) -> bool:
    """Claim one batch and send it. Says whether there may be more to do at once."""
    try:
        with channels.opened(routes.OPERATOR) as channel:
            claim = actions.claim(queue=queue, route=routes.OPERATOR, limit=settings.CLAIM_BATCH, at=timezone.now())
            return claim.size > 0 and _Batch(claim, channel).send()
    except Unreachable as error:
        logger.warning("the mail server cannot be reached (%s); the next sweep tries again", error)
        return False


class _Batch:
    def __init__(self, claim: Claim, channel: Channel) -> None:
        self._claim = claim
        self._channel = channel
        self._composer = Composer(claim, wants_bytes=channel.wants_bytes)
        self._ended: list[Ending] = []  # not finalised yet
        self._in_flight: list[int] = []  # marked, and not ended
        self._since_told: list[Ending] = []  # finalised, and perhaps not on disk yet
        self._started = self._told = self._renewed = time.monotonic()
        self._refusals = 0
        self._paused: set[int] = set()  # campaigns
        self._is_cut_off = False

    def send(self) -> bool:
        """Says whether the mail server could be talked to until the end."""
        try:
            self._set_synchronous(False)
            self._send_all()
            self._finalise()
            self._tell()
        finally:
            self._channel.rest()
            self._set_synchronous(True)
            self._surely(lambda: actions.release(owner=self._claim.owner))
        return not self._is_cut_off

    def _send_all(self) -> None:
        mails = self._mails()
        while not self._must_stop() and (window := list(islice(mails, self._channel.window))):
            self._send_window(window)
            self._keep_house()

    def _send_window(self, window: Sequence[Sealed]) -> None:
        """Marked at once, in doubt together when this process dies. Who learns a reason to stop gives the others back."""
        marked = self._finalise([message.delivery for message, _mail in window])
        ours = [(message, mail) for message, mail in window if message.delivery in marked]
        self._in_flight = [message.delivery for message, _mail in ours]
        following = [mail for _message, mail in ours[1:]]
        marked_at = time.monotonic()
        for (message, mail), next_mail in zip_longest(ours, following):
            is_late = time.monotonic() - marked_at > settings.LEASE_SECONDS / 2
            if is_late or self._is_cut_off or message.campaign in self._paused:
                self._ended.append(self._again(message, timedelta(), tried=0))
            else:
                self._send_one(message, mail, next_mail)
            self._in_flight.remove(message.delivery)

    def _must_stop(self) -> bool:
        return self._is_cut_off or time.monotonic() - self._started > settings.LEASE_SECONDS / 2

    def _mails(self) -> Iterator[Sealed]:
        """Those that can be written; one that cannot fails, and the others go on."""
        for message in self._claim.messages:
            try:
                mail = self._composer.compose(message, timezone.now())
            except Exception as error:
                logger.exception("delivery %s cannot be composed", message.delivery)
                self._fail(message, Reply(Verdict.UNSENDABLE, f"{type(error).__name__}: {error}"))
            else:
                yield message, mail

    def _send_one(self, message: Claimed, mail: Mail, following: Mail | None) -> None:
        """`following` is most likely next, so that the channel may announce it."""
        try:
            self._judge(message, self._channel.send(mail, following))
        except Unreachable as error:
            self._is_cut_off = True
            self._ended.append(self._again(message, timedelta(), error=str(error), tried=0))
        except Exception as error:
            logger.exception("delivery %s made the sender stumble", message.delivery)
            self._channel.close()
            self._judge(message, Reply(Verdict.IN_DOUBT, f"{type(error).__name__}: {error}"))

    # ── What the answer means ───────────────────────────────────────────────────────────────────────────────────────
    def _judge(self, message: Claimed, reply: Reply) -> None:
        self._refusals = self._refusals + 1 if reply.verdict is Verdict.POLICY else 0
        at = timezone.now()
        if reply.verdict is Verdict.ACCEPTED:
            self._ended.append(Ending(message.delivery, State.SENT, at, provider_id=reply.provider_id))
        elif reply.verdict is Verdict.IN_DOUBT and message.attempts < len(settings.RETRY_SECONDS):
            self._ended.append(self._in_doubt(message, reply))
        elif reply.verdict in (Verdict.ADDRESS, Verdict.UNSENDABLE, Verdict.IN_DOUBT):
            self._fail(message, reply)
        elif message.campaign and self._is_about_the_sender(reply):
            self._pause(message, reply)
        else:
            self._retry(message, reply)

    def _is_about_the_sender(self, reply: Reply) -> bool:
        return reply.verdict is Verdict.SENDER or self._refusals >= REFUSALS_IN_A_ROW

    def _in_doubt(self, message: Claimed, reply: Reply) -> Ending:
        at = timezone.now()
        return Ending(
            message.delivery,
            State.UNCERTAIN,
            at,
            due_at=at + timedelta(seconds=settings.UNCERTAIN_GRACE_SECONDS),
            reason=_("The mail server took this message and did not answer. It may have arrived."),
            error=reply.text,
        )

    def _again(self, message: Claimed, wait: timedelta, *, tried: int, error: str = "") -> Ending:
        at = timezone.now()
        reason = _("The mail server asked to try again later.") if tried else ""
        return Ending(message.delivery, State.DUE, at, due_at=at + wait, reason=reason, error=error, tried=tried)

    def _retry(self, message: Claimed, reply: Reply) -> None:
        wait = replies.wait(settings.RETRY_SECONDS, message.attempts + 1, reply.retry_after)
        if wait is None:
            self._fail(message, reply)
        else:
            self._ended.append(self._again(message, wait, error=reply.text, tried=1))

    def _fail(self, message: Claimed, reply: Reply) -> None:
        is_address = reply.verdict is Verdict.ADDRESS
        reason = _("This address does not take mail.") if is_address else _("The message could not be sent.")
        end = actions.fail_address if is_address else actions.fail
        at = timezone.now()
        self._synchronously(lambda: end(message.delivery, reason=reason, error=reply.text, at=at))

    def _pause(self, message: Claimed, reply: Reply) -> None:
        """The message stays due: nobody is left out because of what the sender has to mend."""
        self._ended.append(self._again(message, timedelta(), error=reply.text, tried=0))
        self._paused.add(message.campaign or 0)
        reason = _("The mail server refuses to send for this organization: %(reply)s") % {"reply": reply.text}
        campaign = self._claim.campaigns[message.campaign or 0]
        at = timezone.now()
        self._synchronously(lambda: campaigns.pause_because(campaign=campaign, reason=reason, at=at))

    # ── What is written down ────────────────────────────────────────────────────────────────────────────────────────
    def _finalise(self, following: Sequence[int] = ()) -> set[int]:
        """Write down what has ended and mark the next messages; returns which of them may be sent."""
        ended, at = self._ended, timezone.now()
        may_send = self._surely(lambda: actions.end_and_mark(ended, following, owner=self._claim.owner, at=at))
        self._since_told += ended
        self._ended = []
        return may_send

    def _keep_house(self) -> None:
        now = time.monotonic()
        if now - self._told > TELL_SECONDS:
            self._finalise()
            self._tell()
        if now - self._renewed > settings.LEASE_SECONDS / 3:
            self._renewed = now
            self._surely(lambda: actions.renew(owner=self._claim.owner, at=timezone.now()))

    def _tell(self) -> None:
        sent = [ending.delivery for ending in self._since_told if ending.state == State.SENT]
        self._surely(lambda: actions.tell(sent, at=timezone.now()))
        self._since_told = []
        self._told = time.monotonic()

    def _synchronously(self, write: Callable[[], object]) -> None:
        """For what must not be forgotten: refusals and pauses. What was finalised before is on disk with it."""
        self._set_synchronous(True)
        self._surely(write)
        self._set_synchronous(False)

    def _set_synchronous(self, on: bool) -> None:
        def set_it() -> None:
            with connection.cursor() as cursor:
                cursor.execute(f"SET synchronous_commit TO {'on' if on else 'off'}")

        self._surely(set_it)

    def _surely(self, write: Callable[[], R]) -> R:
        """Do it, if need be on a new connection: then what PostgreSQL may have forgotten is said again before."""
        try:
            return write()
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block:
                raise
            logger.warning("the database went away; connecting again")
            self._reconnect()
            return write()

    def _reconnect(self) -> None:
        deadline = time.monotonic() + RECONNECT_SECONDS
        while True:
            try:
                connection.close()
                self._repeat()
                return  # on this connection every commit waits for the disk, until the batch is over
            except (OperationalError, InterfaceError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def _repeat(self) -> None:
        endings = [*self._since_told, *self._ended]
        actions.repeat(endings, self._in_flight, claim=self._claim, at=timezone.now())
