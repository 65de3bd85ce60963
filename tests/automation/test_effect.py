"""Does it work? What the page says of answering, of coming back, and of whom rules left out, against plain counting."""

import random
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from statistics import mean
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from surveys.accounts.models import Role
from surveys.analytics.look import Look
from surveys.analytics.upkeep import rollups
from surveys.automation import effect, effect_answering, effect_queries
from surveys.automation.effect import Group, Promptness
from surveys.automation.models import Rule, RuleRun, RunOutcome
from surveys.core.filters import Filters
from surveys.core.periods import Period
from surveys.core.proportions import Rate
from surveys.customers.models import Customer, Property
from surveys.inbox.models import Conversation, InboxSettings, Message, MessageKind
from surveys.inbox.promises import Promises
from surveys.responses.models import Response, ResponseRevision
from tests import factories
from tests.people import Person

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
MARCH = Look(Period(date(2026, 3, 1), date(2026, 3, 31)), Filters())
HOUR = timedelta(hours=1)


def conversation(about: Response, opened: datetime, replied: datetime | None = None, **more: Any) -> Conversation:
    row = Conversation.objects.create(
        organization=about.organization,
        customer=about.customer,
        response=about,
        score=about.score,
        campaign_id=about.campaign_id,
        opened_at=opened,
        touched_at=opened,
        first_reply_at=replied,
        last_reply_at=replied,
        **more,
    )
    if replied:
        Message.objects.create(
            organization=about.organization, conversation=row, kind=MessageKind.REPLY, text="Sorry", at=replied
        )
    return row


def answered(customer: Customer, campaign: Any, score: int, at: datetime) -> Response:
    asked = factories.invitation(campaign, customer, at - HOUR, occasion=f"wave:{at.timestamp()}")
    return factories.response(asked, score, at=at)


class Plain:
    """A month of made-up answers, conversations and runs, which are counted here row by row."""

    def __init__(self, alice: Person, seed: int) -> None:
        self.random = random.Random(seed)
        self.organization = alice.organization
        self.people = [alice.membership.user_id, factories.user("eve@example.com").pk]
        self.campaigns = [factories.campaign(self.organization, name) for name in ("Pulse", "Support")]
        self.rule = Rule.objects.create(
            organization=self.organization, name="Sorry", trigger="confirmed", created_at=BEGIN, updated_at=BEGIN
        )
        self.responses: list[Response] = []
        self.changes: dict[int, list[tuple[int, datetime]]] = defaultdict(list)  # what an answer said, until when
        self.replies: dict[int, list[datetime]] = defaultdict(list)
        for number in range(60):
            self._person(number)
        for piece in rollups.slices(self.organization.pk):
            rollups.repair(piece)

    def _person(self, number: int) -> None:
        worth = self.random.choice([{"arr": 100 * number}, {"arr": -5}, {}, {"arr": "much"}])
        person = factories.customer(self.organization, properties=worth)
        moments = sorted(self.random.sample(range(40 * 24), self.random.randint(1, 4)))
        for moment in moments:
            at = BEGIN + timedelta(hours=moment, minutes=number)
            response = answered(person, self.random.choice(self.campaigns), self.random.randint(0, 10), at)
            if self.random.random() < 0.1:
                Response.objects.filter(pk=response.pk).update(excluded_at=at)
                continue
            self.responses.append(response)
            self._change(response)
            if self.random.random() < 0.6:
                self._talk(response)
            if self.random.random() < 0.5:
                self._run(response)

    def _change(self, response: Response) -> None:
        """Some say something else after a while; in between a comment is changed, which is no other answer."""
        at = response.responded_at
        for _time in range(self.random.choice([0, 0, 0, 1, 1, 2])):
            at += self.random.choice([timedelta(minutes=5), 30 * HOUR, 200 * HOUR])
            score = self.random.choice([response.score, self.random.randint(0, 10), 9])
            kept = {"organization": self.organization, "response": response, "score": response.score}
            ResponseRevision.objects.create(**kept, at=at)
            if score != response.score:
                self.changes[response.pk].append((response.score, at))
            response.score, response.updated_at = score, at
            response.save(update_fields=["score", "updated_at"])

    def _talk(self, response: Response) -> None:
        opened = response.responded_at + timedelta(minutes=self.random.randint(0, 600))
        replied = self.random.choice([None, opened + timedelta(hours=self.random.randint(1, 400))])
        closed = self.random.choice([None, (replied or opened) + 5 * HOUR])
        status = "closed" if closed else "open"
        promised = self.random.choice([None, opened + 48 * HOUR])
        whose = {"assignee_id": self.random.choice([None, *self.people]), "first_reply_by_id": None}
        if replied:
            whose["first_reply_by_id"] = self.random.choice(self.people)
        conversation(response, opened, replied, status=status, closed_at=closed, first_due_at=promised, **whose)
        if replied:
            self.replies[response.customer_id or 0].append(replied)

    def _run(self, response: Response) -> None:
        is_held_out = self.random.random() < 0.4
        RuleRun.objects.create(
            organization=self.organization,
            rule=self.rule,
            version=1,
            subject=f"response:{response.pk}",
            response=response,
            customer=response.customer,
            outcome=RunOutcome.HELD_OUT if is_held_out else RunOutcome.DONE,
            is_held_out=is_held_out,
            score=response.score,
            at=response.responded_at + timedelta(minutes=1),
        )

    # --- counted by hand

    def following(self, customer: int, after: datetime) -> Response | None:
        later = [each for each in self.responses if each.customer_id == customer and each.responded_at > after]
        return min(later, key=lambda each: each.responded_at, default=None)

    def low(self, response: Response) -> list[tuple[datetime, int, datetime | None]]:
        """When it began to say what a detractor says, what that was, and until when. Slips of the finger are left out."""
        since, found = response.responded_at, []
        for score, until in self.changes[response.pk]:
            written = any(since <= at <= until for at in self.replies[response.customer_id or 0])
            if score <= 6 and (written or until - since >= timedelta(minutes=10)):
                found.append((since, score, until))
            since = until
        return [*found, *([(since, response.score, None)] if response.score <= 6 else [])]

    def groups(self, campaign: int | None = None) -> dict[bool, list[tuple[int, int | None, Any]]]:
        found: dict[bool, list[tuple[int, int | None, Any]]] = {True: [], False: []}
        people: dict[int, list[tuple[datetime, int, datetime | None, Response]]] = defaultdict(list)
        for each in self.responses:
            if each.day <= MARCH.period.last and campaign in (None, each.campaign_id):
                people[each.customer_id or 0] += [(*said, each) for said in self.low(each)]
        for customer, told in people.items():
            if not told:
                continue
            since, score, until, low = min(told, key=lambda each: (each[0], each[3].pk))
            after = self.following(customer, since)
            ends = [(until, low.score)] if until else []
            ends += [(after.responded_at, after.score)] if after else []
            end, following = min(ends, default=(NOW, None))
            contacted = any(since <= at <= end for at in self.replies[customer])
            worth = low.customer.properties.get("arr") if low.customer else None
            found[contacted].append((score, following, worth))
        return found


@pytest.fixture
def plain(alice: Person) -> Plain:
    return Plain(alice, seed=7)


def test_coming_back_and_what_is_at_stake_are_what_plain_counting_finds(plain: Plain) -> None:
    back = effect_queries.returned(plain.organization, MARCH, "arr", at=NOW)
    groups = plain.groups()
    assert min(len(rows) for rows in groups.values()) > 3
    for rows, group in ((groups[True], back.comparison.one), (groups[False], back.comparison.other)):
        again = [score for _before, score, _worth in rows if score is not None]
        assert (group.people, group.again.count) == (len(rows), len(again))
        assert group.recovered.count == sum(score >= 9 for score in again)
        assert group.no_detractors_of_again.count == sum(score >= 7 for score in again)
        assert group.next_score.value == pytest.approx(mean(again))
    every = [*groups[True], *groups[False]]
    valued = [worth for _before, _after, worth in every if isinstance(worth, int) and worth >= 0]
    assert back.stake.total() == sum(valued)
    assert back.stake.unknown == len(every) - len(valued)
    kept = [
        w for _before, after, w in groups[True] if isinstance(w, int) and w >= 0 and after is not None and after >= 9
    ]
    assert back.stake.total(contacted=True, became=effect.Became.PROMOTER) == sum(kept)

    pulse = Look(MARCH.period, Filters(campaign=plain.campaigns[0].pk))
    mine = effect_queries.returned(plain.organization, pulse, None, at=NOW)
    low = plain.groups(plain.campaigns[0].pk)
    assert (mine.comparison.one.people, mine.comparison.other.people) == (len(low[True]), len(low[False]))


def test_loops_are_closed_where_a_conversation_ended_after_a_reply(plain: Plain) -> None:
    for loop in effect_queries.loops(plain.organization, MARCH):
        mine = [r for r in plain.responses if r.day <= MARCH.period.last and loop.category.value == kind(r.score)]
        talks = list(Conversation.objects.filter(response__in=mine).order_by("pk"))
        ended = [
            each for each in talks if each.closed_at and each.first_reply_at and each.first_reply_at <= each.closed_at
        ]
        replied = [each for each in talks if each.first_reply_at]
        assert (loop.responses, loop.conversations) == (len(mine), len(talks))
        assert (loop.replied, loop.closed) == (len(replied), len(ended))


def kind(score: int) -> str:
    return "promoter" if score >= 9 else "passive" if score >= 7 else "detractor"


def test_whom_a_rule_held_out_is_compared_as_was_assigned(plain: Plain) -> None:
    (found,) = effect_queries.held_out(plain.organization, MARCH, at=NOW)
    arms: dict[bool, dict[int, RuleRun]] = {True: {}, False: {}}
    seen: set[int] = set()
    for run in RuleRun.objects.filter(at__lt=datetime(2026, 4, 1, tzinfo=UTC)).order_by("at"):
        if run.customer_id not in seen:
            seen.add(run.customer_id or 0)
            arms[run.is_held_out][run.customer_id or 0] = run
    for is_held_out, group in ((False, found.comparison.one), (True, found.comparison.other)):
        runs = arms[is_held_out]
        after = {who: next_score(plain, who, run) for who, run in runs.items()}
        low = [who for who, run in runs.items() if run.score is not None and run.score <= 6]
        assert group.people == len(runs)
        assert group.again.count == sum(each is not None for each in after.values())
        assert group.detractors.people == len(low)
        back = sum(1 for who in low if (then := after[who]) is not None and then >= 9)
        assert group.detractors.recovered == effect.Rate(back, len(low))


def next_score(plain: Plain, customer: int, run: RuleRun) -> int | None:
    after = plain.following(customer, run.at)
    found = [(after.responded_at, after.score)] if after else []
    response = next((each for each in plain.responses if each.pk == run.response_id), None)
    if response is not None:
        found += [(until, response.score) for _score, until in plain.changes[response.pk] if until > run.at][:1]
    return min(found)[1] if found else None


def product_limit(spans: list[tuple[float, bool]], share: Fraction) -> float | None:
    """As it stands in textbooks, exactly: at each time those over, of those still there."""
    staying = Fraction(1)
    for time in sorted({seconds for seconds, is_over in spans if is_over}):
        there = sum(seconds >= time for seconds, _is_over in spans)
        over = sum(seconds == time and is_over for seconds, is_over in spans)
        staying *= 1 - Fraction(over, there)
        if staying <= 1 - share:
            return time
    return None


def plainly(plain: Plain, rows: list[Conversation]) -> Promptness:
    """Row by row, in the hours of the organization."""
    hours = Promises.of(plain.organization).hours
    spans, kept = [], []
    for row in rows:
        closed = row.closed_at if row.status == "closed" else None
        if row.first_reply_at or not closed:
            end = row.first_reply_at or NOW
            spans.append((hours.between(row.opened_at, end).total_seconds(), bool(row.first_reply_at)))
        if row.first_due_at and row.first_reply_at:
            kept.append(row.first_reply_at <= row.first_due_at)
        elif row.first_due_at and (closed or NOW) > row.first_due_at:
            kept.append(False)
    replied = sum(is_over for _seconds, is_over in spans)
    return Promptness(
        conversations=len(rows),
        replied=replied,
        waiting=len(spans) - replied,
        closed_silently=len(rows) - len(spans),
        median=product_limit(spans, Fraction(1, 2)),
        ninetieth=product_limit(spans, Fraction(9, 10)),
        in_time=Rate(sum(kept), len(kept)),
    )


@pytest.mark.parametrize("hours", [{}, {str(day): [["00:00", "24:00"]] for day in range(1, 8)}])
def test_first_replies_are_counted_in_the_organizations_hours(plain: Plain, hours: dict[str, Any]) -> None:
    InboxSettings.objects.update_or_create(
        organization=plain.organization, defaults={"hours": hours, "updated_at": BEGIN}
    )
    found = effect_answering.answering(plain.organization, MARCH, at=NOW)
    rows = list(Conversation.objects.filter(opened_at__lt=datetime(2026, 4, 1, tzinfo=UTC)).order_by("pk"))
    parts: dict[int | None, list[Conversation]] = defaultdict(list)
    for row in rows:
        parts[row.first_reply_by_id if row.first_reply_at else row.assignee_id].append(row)
    assert found.is_around_the_clock is bool(hours)
    assert len(parts) == 3
    for told, mine in [(found.everybody, rows), *((found.colleagues[key], mine) for key, mine in parts.items())]:
        expected = plainly(plain, mine)
        assert (told.median, told.ninetieth) == pytest.approx((expected.median, expected.ninetieth), abs=0.01)
        assert replace(told, median=None, ninetieth=None) == replace(expected, median=None, ninetieth=None)


def in_time(kept: int, of: int) -> Promptness:
    return Promptness(conversations=of, in_time=Rate(kept, of))


def test_colleagues_are_compared_only_where_there_is_enough_to_compare() -> None:
    quick, slow, few = in_time(40, 40), in_time(0, 40), in_time(0, 29)
    found = {part.key: part.beside for part in effect.parts({1: quick, 2: slow, 3: few})}
    assert found == {1: effect.Beside.MORE, 2: effect.Beside.LESS, 3: effect.Beside.TOO_FEW}
    assert [part.beside for part in effect.parts({1: quick})] == [effect.Beside.TOO_FEW]  # nobody to stand beside


def test_nobody_can_be_compared_with_nobody() -> None:
    empty = effect.Comparison(Group(), Group())
    assert (empty.recovered, empty.next_score, empty.needed) == (None, None, None)
    assert empty.is_too_few


def test_the_page_tells_every_role_and_takes_as_many_statements_for_more(
    alice: Person, bob: Person, charlie: Person, plain: Plain
) -> None:
    Property.objects.create(
        organization=alice.organization, key="arr", label="Contract", type="number", visible_to_agents=False
    )
    march = {"from": "2026-03-01", "to": "2026-03-31"}

    def shown(person: Person, **query: str) -> str:
        answer = person.get(person.url("effect:page"), march | query)
        assert answer.status_code == 200
        return answer.content.decode()

    page = shown(alice)
    for words in (
        "Do detractors come back?",
        "Is the loop closed?",
        "Sorry",
        "What cannot be concluded",
    ):
        assert words in page
    assert "Contract" in page
    bob.becomes(Role.AGENT)
    assert "Contract" not in shown(bob)  # hidden from agents, figures too
    assert "Nothing to look at yet" in shown(alice, **{"from": "2020-01-01", "to": "2020-01-31"})
    assert "Contract" not in charlie.get(charlie.url("effect:page")).content.decode()
    assert "was left out" in shown(alice, category="promoter")

    with CaptureQueriesContext(connection) as first:
        shown(alice)
    plain._person(200)
    with CaptureQueriesContext(connection) as second:
        shown(alice)
    assert len(second) == len(first) <= 40

    for table in ("colleagues", "teams", "loops", "returned", "held-out"):
        answer = bob.get(bob.url("effect:table", table=table, form="csv"), march)
        assert answer.status_code == 200, table
        assert b"95 % from" in answer.getvalue()
    assert bob.get(bob.url("effect:table", table="worth", form="csv"), march).status_code == 404
