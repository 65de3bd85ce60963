"""One batch on its way: compose, mark, send, finalise. What a death in the middle leaves is named by the sweep."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from itertools import islice, zip_longest
from typing import Final, TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.utils.translation import gettext as _

from surveys.campaigns import actions as campaigns
from surveys.core import clock
from surveys.delivery import actions, channels, paces, replies, turns
from surveys.delivery.actions import Claim, Claimed, Ending
from surveys.delivery.composing import Composer
from surveys.delivery.mailing import Busy, Channel, Mail, Refused, Together, Unreachable
from surveys.delivery.models import Kind, Queue, State
from surveys.delivery.replies import Reply, Verdict

logger = logging.getLogger(__name__)

R = TypeVar("R")
Sealed = tuple[Claimed, Mail]  # a message, and what goes over the wire

TELL_SECONDS: Final = 1.0  # at least so often the invitations of what was sent are marked
RECONNECT_SECONDS: Final = 30.0  # so long a sender waits for a database that has gone away
REFUSALS_IN_A_ROW: Final = 3  # for policy: so many are not about one message any more, but about the sender
LOST_ROADS: Final = 3  # so many that cannot be reached are enough for one task


def send_due(queue: str) -> bool:
    """Claim one batch of some road that has something due, and send it. Says whether there may be more to do at once.

    A road that cannot be reached, or has nothing after all, makes room for the next.
    """
    tried: set[str] = set()
    lost = 0
    while lost < LOST_ROADS and (route := turns.next_route(queue, at=clock.now(), besides=tried)) is not None:
        tried.add(route)
        try:
            with channels.opened(route) as channel:
                claim = actions.claim(queue=queue, route=route, limit=settings.CLAIM_BATCH, at=clock.now())
                if claim.size and _Batch(claim, channel).send():
                    return True
        except Unreachable as error:
            lost += not isinstance(error, Busy)
            _give_up(route, error)
    return lost == LOST_ROADS


def _give_up(route: str, error: Unreachable) -> None:
    logger.warning("the road %s cannot be taken: %s", route or "of the operator", error)
    if isinstance(error, Busy):
        return
    actions.lose_road(route=route, problem=str(error), at=clock.now())
    if isinstance(error, Refused):
        actions.stop_refused(route=route, problem=str(error), at=clock.now())


def _single_mails_wait() -> bool:
    """For longer than it takes a worker that is free: all are busy with bulk mail."""
    waited = clock.now() - timedelta(seconds=TELL_SECONDS)
    return turns.next_route(Queue.EMAIL, at=waited) is not None


class _Batch:
    def __init__(self, claim: Claim, channel: Channel) -> None:
        self._claim = claim
        self._channel = channel
        self._composer = Composer(claim, wants_bytes=channel.wants_bytes)
        self._ended: list[Ending] = []  # not finalised yet
        self._in_flight: list[int] = []  # marked, and not ended
        self._since_told: list[Ending] = []  # finalised, and perhaps not on disk yet
        self._started = self._told = self._renewed = time.monotonic()
        self._refusals: Counter[int] = (
            Counter()
        )  # for policy and in a row, by campaign: what is said of one says nothing of others
        self._paused: set[int] = set()  # campaigns
        self._too_fast = 0  # answers in a row
        self._slow: dict[str, list[int]] = {}  # domains that want less mail now, with the messages that wait for it
        self._is_cut_off = False
        self._makes_room = False  # for single mails
        self._has_arrived = False  # a message, at the mail server

    def send(self) -> bool:
        """Says whether the mail server could be talked to until the end."""
        try:
            self._set_synchronous(False)
            self._send_all()
            self._put_back()
            self._finalise()
            self._tell()
            self._say_found()
        finally:
            self._channel.rest()
            self._set_synchronous(True)
            self._surely(lambda: actions.release(owner=self._claim.owner))
        return not self._is_cut_off

    def _send_all(self) -> None:
        mails = self._mails()
        while not self._must_stop() and (window := list(islice(mails, self._channel.window))):
            self._send_window(window)
            self._put_back()
            self._keep_house()

    def _send_window(self, window: Sequence[Sealed]) -> None:
        """Marked at once, in doubt together when this process dies. Who learns a reason to stop gives the others back."""
        marked = self._finalise([message.delivery for message, _mail in window])
        ours = [(message, mail) for message, mail in window if message.delivery in marked]
        self._in_flight = [message.delivery for message, _mail in ours]
        marked_at = time.monotonic()
        if isinstance(self._channel, Together) and len(ours) > 1:
            ours = self._send_together(self._channel, ours)
        following = [mail for _message, mail in ours[1:]]
        for (message, mail), next_mail in zip_longest(ours, following):
            is_late = time.monotonic() - marked_at > settings.LEASE_SECONDS / 2
            if is_late or self._is_cut_off or message.campaign in self._paused:
                self._ended.append(self._again(message, timedelta(), tried=0))
            elif (waiting := self._waiting(message)) is not None:
                waiting.append(message.delivery)
            else:
                self._send_one(message, mail, next_mail)
            self._in_flight.remove(message.delivery)

    def _waiting(self, message: Claimed) -> list[int] | None:
        """Those that wait because their domain asked for less; None where this one may go."""
        return self._slow.get(paces.domain_of(message.to_address)) if self._slow else None

    def _send_together(self, channel: Together, window: Sequence[Sealed]) -> list[Sealed]:
        """In as few calls as the provider allows; returns those that have to go one by one."""
        alone: list[Sealed] = []
        for part in channel.parts([mail for _message, mail in window]):
            sealed = [window[number] for number in part]
            if (
                len(sealed) == 1
                or self._is_cut_off
                or any(message.campaign in self._paused for message, _mail in sealed)
            ):
                alone += sealed
                continue
            for (message, mail), reply in zip(sealed, self._replies(channel, sealed), strict=True):
                if reply is None:
                    alone.append((message, mail))
                elif reply.verdict is Verdict.SENDER and message.campaign in self._paused:
                    self._ended.append(self._again(message, timedelta(), tried=0))
                    self._in_flight.remove(message.delivery)
                else:
                    self._judge(message, reply)
                    self._in_flight.remove(message.delivery)
        return sorted(alone, key=lambda each: each[0].delivery)

    def _replies(self, channel: Together, sealed: Sequence[Sealed]) -> Sequence[Reply | None]:
        """None for a message that has to be sent by itself."""
        try:
            return channel.send_together([mail for _message, mail in sealed])
        except Unreachable as error:
            self._cut_off(str(error))
            return [None] * len(sealed)
        except Exception as error:
            logger.exception("a call for %s messages made the sender stumble", len(sealed))
            self._channel.close()
            return [Reply(Verdict.IN_DOUBT, f"{type(error).__name__}: {error}")] * len(sealed)

    def _must_stop(self) -> bool:
        is_late = time.monotonic() - self._started > settings.LEASE_SECONDS / 2
        return self._is_cut_off or self._makes_room or is_late

    def _mails(self) -> Iterator[Sealed]:
        """Those that can be written; one that cannot fails, and the others go on."""
        for message in self._claim.messages:
            if (waiting := self._waiting(message)) is not None:
                waiting.append(message.delivery)
                continue
            try:
                mail = self._composer.compose(message, clock.now())
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
            self._cut_off(str(error))
            self._ended.append(self._again(message, timedelta(), error=str(error), tried=0))
        except Exception as error:
            logger.exception("delivery %s made the sender stumble", message.delivery)
            self._channel.close()
            self._judge(message, Reply(Verdict.IN_DOUBT, f"{type(error).__name__}: {error}"))

    def _cut_off(self, problem: str, wait: int = 0) -> None:
        """Nothing more goes out with this batch, and nothing by this road for a while."""
        if self._is_cut_off:
            return
        self._is_cut_off = True
        at = clock.now()
        self._surely(lambda: actions.lose_road(route=self._claim.route, problem=problem, at=at, wait=wait))

    # ── What the answer means ───────────────────────────────────────────────────────────────────────────────────────
    def _judge(self, message: Claimed, reply: Reply) -> None:
        campaign = message.campaign or 0
        self._refusals[campaign] = self._refusals[campaign] + 1 if reply.verdict is Verdict.POLICY else 0
        self._too_fast = self._too_fast + 1 if reply.is_pace else 0
        if reply.is_hanging:
            self._cut_off(reply.text)
        if reply.verdict is Verdict.ACCEPTED:
            self._has_arrived = True
            self._ended.append(Ending(message.delivery, State.SENT, clock.now(), provider_id=reply.provider_id))
        elif reply.verdict is Verdict.IN_DOUBT and message.attempts < len(settings.RETRY_SECONDS):
            self._ended.append(self._in_doubt(message, reply))
        elif reply.verdict in (Verdict.ADDRESS, Verdict.UNSENDABLE, Verdict.IN_DOUBT):
            self._fail(message, reply)
        elif self._is_about_the_sender(message, reply):
            self._stop_for(message, reply)
        elif reply.is_pace:
            self._slow_down(message, reply)
        else:
            self._retry(message, reply)

    def _stop_for(self, message: Claimed, reply: Reply) -> None:
        """A test says at once that nothing leaves; what belongs to no campaign is tried again."""
        if message.kind == Kind.TEST:
            self._fail(message, reply)
        elif message.campaign:
            self._pause(message, reply)
        else:
            self._retry(message, reply)

    def _slow_down(self, message: Claimed, reply: Reply) -> None:
        """That is no try of the message. A mail server speaks of the recipient's domain, a provider of our account."""
        if self._channel.wants_bytes:
            self._slow_domain(message, reply)
            return
        wait = replies.wait(settings.RETRY_SECONDS, 1, reply.retry_after) or timedelta()
        self._ended.append(self._again(message, wait, error=reply.text, tried=0))
        if self._too_fast >= REFUSALS_IN_A_ROW:
            self._cut_off(reply.text, wait=reply.retry_after or 0)

    def _slow_domain(self, message: Claimed, reply: Reply) -> None:
        """Its messages go back, this one and those to come, until there is room for them."""
        domain = paces.domain_of(message.to_address)
        self._slow.setdefault(domain, []).append(message.delivery)
        at = clock.now()
        route = self._claim.route
        self._surely(lambda: actions.slow_down(route=route, domain=domain, said=reply.text, at=at))

    def _put_back(self) -> None:
        ids = [delivery for waiting in self._slow.values() for delivery in waiting]
        self._slow = {domain: [] for domain in self._slow}
        if ids:
            claim = self._claim
            self._synchronously(lambda: actions.put_back(ids, owner=claim.owner, route=claim.route, at=clock.now()))

    def _is_about_the_sender(self, message: Claimed, reply: Reply) -> bool:
        return reply.verdict is Verdict.SENDER or self._refusals[message.campaign or 0] >= REFUSALS_IN_A_ROW

    def _in_doubt(self, message: Claimed, reply: Reply) -> Ending:
        at = clock.now()
        return Ending(
            message.delivery,
            State.UNCERTAIN,
            at,
            due_at=at + timedelta(seconds=settings.UNCERTAIN_GRACE_SECONDS),
            reason=_("The mail server took this message and did not answer. It may have arrived."),
            error=reply.text,
        )

    def _again(self, message: Claimed, wait: timedelta, *, tried: int, error: str = "") -> Ending:
        at = clock.now()
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
        end = partial(actions.fail_address, route=self._claim.route) if is_address else actions.fail
        at = clock.now()
        self._synchronously(lambda: end(message.delivery, reason=reason, error=reply.text, at=at))

    def _pause(self, message: Claimed, reply: Reply) -> None:
        """The message stays due: nobody is left out because of what the sender has to mend."""
        self._ended.append(self._again(message, timedelta(), error=reply.text, tried=0))
        self._paused.add(message.campaign or 0)
        reason = _("The mail server refuses to send for this organization: %(reply)s") % {"reply": reply.text}
        campaign = self._claim.campaigns[message.campaign or 0]
        at = clock.now()
        self._synchronously(lambda: campaigns.pause_because(campaign=campaign, reason=reason, at=at))
        self._surely(lambda: actions.note_problem(route=self._claim.route, problem=reply.text))

    # ── What is written down ────────────────────────────────────────────────────────────────────────────────────────
    def _finalise(self, following: Sequence[int] = ()) -> set[int]:
        """Write down what has ended and mark the next messages; returns which of them may be sent."""
        ended, at = self._ended, clock.now()
        may_send = self._surely(lambda: actions.end_and_mark(ended, following, owner=self._claim.owner, at=at))
        self._since_told += ended
        self._ended = []
        return may_send

    def _keep_house(self) -> None:
        now = time.monotonic()
        if now - self._told > TELL_SECONDS:
            self._finalise()
            self._tell()
            self._say_found()
            self._makes_room = self._claim.queue == Queue.BULK and self._surely(_single_mails_wait)
        if now - self._renewed > settings.LEASE_SECONDS / 3:
            self._renewed = now
            self._surely(lambda: actions.renew(owner=self._claim.owner, at=clock.now()))

    def _say_found(self) -> None:
        """Another sender may have lost the road by which messages of this one arrive."""
        if self._has_arrived and not self._is_cut_off:
            self._has_arrived = False
            self._surely(lambda: actions.find_road(route=self._claim.route, at=clock.now()))

    def _tell(self) -> None:
        sent = [ending.delivery for ending in self._since_told if ending.state == State.SENT]
        self._surely(lambda: actions.tell(sent, at=clock.now()))
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
        actions.repeat(endings, self._in_flight, claim=self._claim, at=clock.now())
