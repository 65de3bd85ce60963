"""The sample company's closed loop: who was written to, by whom, what came of it. Stored at once; nobody is told or mailed."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from surveys.accounts.models import Membership, Organization, User
from surveys.automation import holdout
from surveys.automation.models import Rule, RuleRun, RuleStep
from surveys.core.choices import Category
from surveys.inbox import routing
from surveys.inbox.models import Conversation, ConversationChange, Message, Priority, Team
from surveys.inbox.promises import Promises
from surveys.samples import colleagues
from surveys.samples.loop import bell, links, rules, standing, unfolding
from surveys.samples.loop.talk import Talk
from surveys.samples.loop.unfolding import Cast, Fate, Unfolding
from surveys.samples.loop.voices import Voice, voices

_SEED: Final = 7
_PASSIVES: Final = 0.14  # of those with a comment: somebody wrote to them
_PROMOTERS: Final = 0.05
_FRESH: Final = (25, 70, 140, 200)  # business minutes ago: conversations that nobody has taken yet
_LATELY: Final = timedelta(days=21)
_RECENT: Final = timedelta(hours=3)  # who answered since then, or is not written to yet, is left to what happens next
# Of the last conversations of the rule, the newest first.
_FATES: Final = (
    *(Fate.WAITING, Fate.HEARD, Fate.OVERDUE, Fate.WAITING, Fate.SNOOZED, Fate.HEARD, Fate.HANDED_UP, Fate.WAITING),
    *(Fate.OVERDUE, Fate.SNOOZED, Fate.WAITING, Fate.HEARD, Fate.CLOSED, Fate.WAITING),
)


@dataclass(frozen=True)
class Prepared:
    """How the company answers, before anybody has: its teams, and the rules that are on, by their play."""

    teams: list[Team]
    on: dict[str, Rule]
    since: datetime

    def leaves_out(self, customer: int) -> bool:
        """By the product's own chance."""
        rule = self.on["detractor"]
        return holdout.is_held_out(rule.pk, rule.holdout_percent, customer)


def prepare(by: Membership, at: datetime) -> Prepared:
    """Each of it once, however often."""
    with transaction.atomic():
        return Prepared(standing.set_up(by, at), rules.set_up(by, at), at - timedelta(days=rules.SINCE_DAYS))


def fill(by: Membership, prepared: Prepared, *, called: int, at: datetime) -> None:
    """All or nothing; a second time nothing. `called` is the campaign that asks how a call went."""
    with transaction.atomic():
        Organization.objects.select_for_update(no_key=True).get(pk=by.organization_id)
        if Conversation.objects.filter(organization=by.organization).exists():
            return
        said = voices(by.organization, since=prepared.since, called=called, at=at)
        loop = Loop(by, said, prepared, at)
        talks = loop.talks()
        _store(talks)
        _run(loop, prepared.on, talks, at)
        links.follow(by.organization, said, at)
        bell.ring(by, talks, said, at)


class Loop:
    """Who of those who answered gets a conversation, and how each goes."""

    def __init__(self, by: Membership, said: Sequence[Voice], prepared: Prepared, at: datetime) -> None:
        rule = prepared.on["detractor"]
        users = User.objects.filter(pk__in=[by.user_id, *colleagues.answering(by.organization)])
        names = {user.pk: str(user) for user in users.order_by("pk")}
        letter = next(act["text"] for act in rule.actions if act["kind"] == "email")
        self.cast = Cast(by.user_id, names, rule.pk, letter)
        self.organization, self.teams, self.at = by.organization, prepared.teams, at
        self.promises = Promises.of(by.organization)
        self.dice = random.Random(_SEED)
        self.said = said
        ripe = [voice for voice in said if unfolding.mail_time(voice.at + _RECENT, voice.zone) < at]
        explained = [voice for voice in ripe if voice.category is Category.DETRACTOR and voice.comment]
        self.held_out = [voice for voice in explained if prepared.leaves_out(voice.customer)]
        left_out = set(self.held_out)
        self.treated = [voice for voice in explained if voice not in left_out]
        self.ripe = ripe

    def talks(self) -> list[Talk]:
        """Oldest first."""
        treated = dict(zip(reversed(self.treated), _FATES, strict=False))
        found = [self._by_rule(voice, treated.get(voice, Fate.CLOSED)) for voice in self.treated]
        found += [self._by_hand(voice) for voice in self.ripe if self._is_noticed(voice)]
        found += self._fresh([talk.conversation.response_id for talk in found])
        return sorted(found, key=lambda talk: talk.conversation.opened_at)

    def _is_noticed(self, voice: Voice) -> bool:
        """By a colleague who reads along."""
        chance = self.dice.random()
        match voice.category:
            case Category.DETRACTOR:
                return not voice.comment and (bool(voice.is_called) or voice.is_won_back)
            case Category.PASSIVE:
                return bool(voice.comment) and chance < _PASSIVES
        return bool(voice.comment) and chance < _PROMOTERS

    def _by_rule(self, voice: Voice, fate: Fate) -> Talk:
        unfolding = self._unfolding(voice, Priority.HIGH)
        unfolding.by_rule(fate)
        return unfolding.talk

    def _by_hand(self, voice: Voice) -> Talk:
        who = voice.owner or self.cast.me
        opened = self.promises.hours.after(voice.at, self.dice.randint(20, 700))
        unfolding = self._unfolding(voice, Priority.HIGH if voice.category is Category.DETRACTOR else Priority.LOW)
        if opened < self.at:
            unfolding.by_hand(who, opened)
        else:
            unfolding.for_anybody(who, self.at - timedelta(minutes=5))
        return unfolding.talk

    def _fresh(self, taken: Sequence[int | None]) -> list[Talk]:
        """About answers of the last weeks."""
        lately = [voice for voice in self.ripe if voice.comment and voice.at > self.at - _LATELY]
        left = [voice for voice in lately if voice.response not in taken and voice.category is not Category.DETRACTOR]
        found = []
        for minutes, voice in zip(_FRESH, reversed(left), strict=False):
            opened = max(unfolding.ago(self.promises.hours, self.at, minutes), voice.at)
            talk = self._unfolding(voice, Priority.NORMAL)
            talk.for_anybody(self.dice.choice(self.cast.others), opened)
            found.append(talk.talk)
        return found

    def _unfolding(self, voice: Voice, priority: int) -> Unfolding:
        conversation = Conversation(
            organization=self.organization,
            customer_id=voice.customer,
            response_id=voice.response,
            priority=priority,
            team=self._team(voice),
            score=voice.score,
            campaign_id=voice.campaign,
        )
        dice = random.Random(f"{_SEED}:{voice.address}:{voice.score}")
        return Unfolding(Talk(conversation, self.promises), voice, self.cast, dice, self.at)

    def _team(self, voice: Voice) -> Team | None:
        text = routing.folded(voice.comment)
        return next((team for team in self.teams if routing.wants((), team.words, (), text)), None)


# ── Storing ──


def _store(talks: Sequence[Talk]) -> None:
    Conversation.objects.bulk_create(talk.conversation for talk in talks)
    for talk in talks:
        for message in talk.messages:
            message.conversation_id = talk.conversation.pk
        for change in talk.changes:
            change.conversation_id = talk.conversation.pk
    Message.objects.bulk_create(sorted((row for talk in talks for row in talk.messages), key=lambda row: row.at))
    ConversationChange.objects.bulk_create(
        sorted((row for talk in talks for row in talk.changes), key=lambda row: (row.at, row.version))
    )


def _run(loop: Loop, on: dict[str, Rule], talks: Sequence[Talk], at: datetime) -> None:
    """What the rules did with these answers."""
    opened = {talk.conversation.response_id: talk.conversation for talk in talks}
    done: list[tuple[RuleRun, list[RuleStep]]] = []
    done += [rules.fired(on["detractor"], voice, opened[voice.response], at) for voice in loop.treated]
    low = [voice for voice in loop.ripe if voice.category is Category.DETRACTOR]
    done += [rules.fired(on["detractor_watch"], voice, None, at) for voice in low]
    back = [voice for voice in loop.ripe if voice.before is not None and voice.before <= 6 < voice.score]
    done += [rules.fired(on["recovered"], voice, None, at) for voice in back]
    since = at - timedelta(days=rules.REVIEWS_SINCE_DAYS)
    asked = [voice for voice in loop.ripe if since < voice.at and links.asked_at(voice) < at]
    done += [rules.fired(on["review"], voice, None, at) for voice in asked]
    others = [voice for voice in loop.ripe if voice.category is not Category.DETRACTOR]
    idle = [rules.held_out(on["detractor"], voice) for voice in loop.held_out]
    idle += rules.not_met(on["detractor"], others, at)
    rules.store([*(run for run, _steps in done), *idle], [steps for _run, steps in done])
