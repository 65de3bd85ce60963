"""A book of responses for tests: writes rows and publishes the events that the product publishes, with plain ORM.

What counts is computed a second time, in Python, from the rows as they stand.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from surveys.accounts.models import Organization
from surveys.analytics.models import InvitationCount, ScoreCount
from surveys.analytics.upkeep import rollups
from surveys.analytics.upkeep.sql import FUNNEL
from surveys.campaigns.models import Campaign
from surveys.core.choices import Channel
from surveys.core.filters import Filters
from surveys.customers.models import Property, PropertySet
from surveys.delivery.models import Invitation
from surveys.outbox import actions as outbox
from surveys.responses.actions import forgetting
from surveys.responses.models import Response, Verdict
from tests import factories

FIRST = date(2025, 1, 1)
DAYS = 60
PLANS = ("", "Pro", "Team", "Free")
REGIONS = ("", "EU", "US")
LANGUAGES = ("", "en", "de")
VARIANTS = ("", "A", "B")
TIERS = ("Gold", "yes", "no")  # known of customers, and not compared by
THEMES = (101, 102, 103)
TAGS = (11, 12)


Sets = dict[tuple[tuple[str, str], ...], PropertySet]


class Book:
    def __init__(self, organization: Organization, seed: int) -> None:
        self.organization = organization
        self.rng = random.Random(seed)
        self.split = random.Random(seed)  # of variants, so that the rest of the story does not hang on it
        self.mark = random.Random(seed)  # of what is read out of comments, and of tags, likewise
        self.at = timezone.now()
        self.campaigns = [factories.campaign(organization, name) for name in ("Pulse", "Onboarding")]
        for key in ("plan", "region"):
            labels = {"label": key.capitalize(), "segmentable": True, "type": "text"}
            Property.objects.get_or_create(organization=organization, key=key, defaults=labels)
        self.responses: list[Response] = []

    def campaign(self) -> Campaign:
        return self.rng.choice(self.campaigns)

    def day(self) -> date:
        return FIRST + timedelta(days=self.rng.randrange(DAYS))

    def property_set(self, sets: Sets | None = None) -> PropertySet | None:
        """`sets` are those that were asked for already."""
        values = {"plan": self.rng.choice(PLANS), "region": self.rng.choice(REGIONS)}
        known = {key: value for key, value in values.items() if value}
        if not known and self.rng.random() < 0.5:
            return None
        sets, key = {} if sets is None else sets, tuple(known.items())
        if key not in sets:
            sets[key] = factories.property_set(self.organization, **known)
        return sets[key]

    # --- what happens

    def invite(self, *, is_sent: bool = True) -> Invitation:
        known = self.property_set()
        snapshot = {"tier": self.mark.choice(TIERS), **(known.values if known else {})}
        invitation = Invitation.objects.create(
            organization=self.organization,
            campaign=self.campaign(),
            customer=factories.customer(self.organization, properties=snapshot),
            occasion="wave:1",
            language=self.rng.choice(LANGUAGES),
            version=self.split.choice((1, 2)),
            variant=self.split.choice(VARIANTS),
            property_set=known,
            properties=snapshot,
            created_at=self.at,
        )
        if is_sent:
            self.send([invitation])
        return invitation

    def send(self, invitations: list[Invitation]) -> None:
        with transaction.atomic():
            for invitation in invitations:
                invitation.sent_at, invitation.sent_day = self.at, self.day()
                invitation.save(update_fields=["sent_at", "sent_day"])
            self._publish_invitations("invitations.sent", invitations)

    def bounce(self, invitation: Invitation) -> None:
        with transaction.atomic():
            if Invitation.objects.filter(pk=invitation.pk, bounced_at=None).update(bounced_at=self.at):
                self._publish_invitations("invitations.bounced", [invitation])

    def unsubscribe(self, invitation: Invitation) -> None:
        with transaction.atomic():
            if Invitation.objects.filter(pk=invitation.pk, unsubscribed_at=None).update(unsubscribed_at=self.at):
                self._publish_invitations("invitations.unsubscribed", [invitation])

    def _publish_invitations(self, kind: str, invitations: list[Invitation]) -> None:
        outbox.publish(kind, invitations[0].campaign, at=self.at, invitations=[row.pk for row in invitations])

    def answer(self, invitation: Invitation | None = None) -> Response:
        with transaction.atomic():
            response = self.row(invitation)
            response.save()
            note_on_ask(response)
            self._publish("response.confirmed", response, None, response.contribution())
        self.responses.append(response)
        return response

    def row(self, invitation: Invitation | None = None, sets: Sets | None = None) -> Response:
        day = self.day()
        row = Response(
            organization=self.organization,
            campaign=invitation.campaign if invitation else self.campaign(),
            invitation=invitation,
            property_set=invitation.property_set if invitation else self.property_set(sets),
            channel=Channel.EMAIL if invitation else Channel.IMPORT,
            language=invitation.language if invitation else self.rng.choice(LANGUAGES),
            score=self.rng.randrange(11),
            comment=self.rng.choice(["", "", "Because"]),
            verdict=Verdict.CONFIRMED,
            day=day,
            responded_at=datetime.combine(day, datetime.min.time(), tzinfo=self.at.tzinfo),
            updated_at=self.at,
        )
        self.read(row)
        row.tags = self.some(TAGS)
        return row

    def some(self, keys: tuple[int, ...]) -> list[int]:
        return [key for key in keys if self.mark.random() < 0.3]

    def read(self, row: Response) -> None:
        """What is read out of its comment now; nothing, without one."""
        row.themes, row.sentiment, row.comment_language = [], None, ""
        if row.comment:
            row.themes = self.some(THEMES)
            row.sentiment = self.mark.choice((None, -1, 0, 1))
            row.comment_language = self.mark.choice(LANGUAGES)

    def import_many(self, count: int) -> None:
        sets: Sets = {}
        with transaction.atomic():
            rows = Response.objects.bulk_create([self.row(sets=sets) for _ in range(count)])
            outbox.publish(
                "responses.imported", self.campaigns[0], at=self.at, responses=[response.pk for response in rows]
            )
        self.responses.extend(rows)

    def change(self, response: Response, kind: str, **fields: Any) -> None:
        with transaction.atomic():
            forgetting.hold(self.organization.pk, [response.pk])
            response.refresh_from_db()
            before = response.contribution()
            for name, value in fields.items():
                setattr(response, name, value)
            response.save()
            note_on_ask(response)
            if before or response.is_counted:
                self._publish(kind, response, before, response.contribution())

    def set_wise(self, change: Callable[[Response], None]) -> None:
        """Some of the responses become different by one statement, whether they count or not."""
        chosen = sorted(self.mark.sample(self.responses, min(5, len(self.responses))), key=lambda row: row.pk)
        if not chosen:
            return
        keys = [response.pk for response in chosen]
        with transaction.atomic():
            forgetting.hold(self.organization.pk, keys)
            outbox.publish("responses.remarked", chosen[0], at=self.at, responses=keys)
            for response in chosen:
                response.refresh_from_db()
                change(response)
                response.save()
                note_on_ask(response)
            outbox.publish("responses.marked", chosen[0], at=self.at, responses=keys)

    def _publish(self, kind: str, response: Response, before: Any, after: Any) -> None:
        """Of what counts neither before nor after nobody is told."""
        if before or after:
            outbox.publish(kind, response, at=self.at, before=before, after=after)

    def something_happens(self) -> None:
        """One random step of an organization's life."""
        act = self.rng.choice([self._answers, self._answers, self._changes_mind, self._explains, self._is_judged])
        act()
        if self.mark.random() < 0.3:
            self.mark.choice([self._comments_are_read, self._are_tagged, self._are_junk, self._comment_is_forgotten])()

    def _comments_are_read(self) -> None:
        self.set_wise(self.read)

    def _are_tagged(self) -> None:
        def tag(response: Response) -> None:
            response.tags = self.some(TAGS)

        self.set_wise(tag)

    def _are_junk(self) -> None:
        def judge(response: Response) -> None:
            response.excluded_at = self.mark.choice((None, self.at))

        self.set_wise(judge)

    def _comment_is_forgotten(self) -> None:
        if not self.responses:
            return
        response = self.mark.choice(self.responses)
        with transaction.atomic():
            forgetting.hold(self.organization.pk, [response.pk])
            forgetting.remove_comments(organization_id=self.organization.pk, responses=[response.pk], at=self.at)
        response.refresh_from_db()

    def _answers(self) -> None:
        self.answer(self.invite() if self.rng.random() < 0.6 else None)

    def _changes_mind(self) -> None:
        if self.responses:
            self.change(self.rng.choice(self.responses), "response.amended", score=self.rng.randrange(11))

    def _explains(self) -> None:
        if self.responses:
            unread: dict[str, Any] = {"themes": [], "sentiment": None, "comment_language": ""}
            said = self.rng.choice(["", "Why"])
            self.change(self.rng.choice(self.responses), "response.commented", comment=said, **unread)

    def _is_judged(self) -> None:
        if not self.responses:
            return
        response = self.rng.choice(self.responses)
        if response.verdict == Verdict.CONFIRMED:
            self.change(response, "response.uncounted", verdict=Verdict.QUARANTINED)
        else:
            self.change(response, "response.recounted", verdict=Verdict.CONFIRMED)


def note_on_ask(response: Response) -> None:
    """As the product keeps it: when it was answered, while the answer counts."""
    answered_at = response.responded_at if response.is_counted else None
    Invitation.objects.filter(response=response).update(answered_at=answered_at)


def gaps(organization: Organization) -> list[rollups.Gap]:
    return [gap for piece in rollups.slices(organization.pk) for gap in rollups.gaps(piece)]


Cells = dict[tuple[int, date, str, str], tuple[int, ...]]


def expected_scores(organization: Organization) -> Cells:
    """Every cell that must be there, counted response by response: eleven scores and comments."""
    cells: dict[tuple[int, date, str, str], list[int]] = defaultdict(lambda: [0] * 12)
    for response in Response.objects.counted().filter(organization=organization).select_related("property_set"):
        for dimension, known in has(response):
            cell = cells[response.campaign_id, response.day, dimension, known]
            cell[response.score] += 1
            cell[11] += bool(response.comment)
    return {key: tuple(cell) for key, cell in cells.items()}


def has(response: Response) -> Iterator[tuple[str, str]]:
    """The cells of its campaign and day that it is counted in."""
    ask = response.invitation
    yield "", ""
    for dimension in ("language", "channel", "has_comment"):
        yield dimension, value(response, dimension)
    for dimension, known in (
        ("variant", ask.variant if ask else ""),
        ("sentiment", "" if response.sentiment is None else str(response.sentiment)),
        ("comment_language", response.comment_language),
    ):
        if known:
            yield dimension, known
    yield from (("theme", str(key)) for key in response.themes)
    yield from (("tag", str(key)) for key in response.tags)
    yield from of_properties(response.property_set)


def of_properties(found: PropertySet | None) -> Iterator[tuple[str, str]]:
    yield from (("p." + key, known) for key, known in (found.values.items() if found else ()))


def stored_scores(organization: Organization) -> Cells:
    rows = ScoreCount.objects.filter(organization=organization)
    cells = {(row.campaign_id, row.day, row.dimension, row.value): (*row.scores, row.comments) for row in rows}
    return {key: cell for key, cell in cells.items() if any(cell)}


def expected_funnels(organization: Organization) -> Cells:
    """Every cell of what was sent: sent, bounced, answered, commented, unsubscribed."""
    cells: dict[tuple[int, date, str, str], list[int]] = defaultdict(lambda: [0] * 5)
    sent = Invitation.objects.filter(organization=organization, sent_day__isnull=False)
    for ask in sent.select_related("property_set", "response"):
        answer = getattr(ask, "response", None)
        counts = answer is not None and answer.is_counted
        happened = (1, ask.bounced_at, counts, counts and answer and answer.comment, ask.unsubscribed_at)
        known = [("", ""), ("language", ask.language), ("version", str(ask.version)), *of_properties(ask.property_set)]
        for dimension, which in [*known, *([("variant", ask.variant)] if ask.variant else [])]:
            assert ask.sent_day
            cell = cells[ask.campaign_id, ask.sent_day, dimension, which]
            for place, fact in enumerate(happened):
                cell[place] += bool(fact)
    return {key: tuple(cell) for key, cell in cells.items()}


def stored_funnels(organization: Organization) -> Cells:
    rows = InvitationCount.objects.filter(organization=organization)
    cells = {
        (row.campaign_id, row.day, row.dimension, row.value): tuple(getattr(row, name) for name in FUNNEL)
        for row in rows
    }
    return {key: cell for key, cell in cells.items() if any(cell)}


def histogram(responses: list[Response]) -> list[int]:
    given = Counter(response.score for response in responses)
    return [given[score] for score in range(11)]


def value(response: Response, dimension: str) -> str:
    """What a response has in a dimension, "" for nothing: the definition in words, without SQL."""
    if dimension.startswith("p."):
        return response.property_set.values.get(dimension[2:], "") if response.property_set else ""
    return {
        "language": response.language,
        "channel": response.channel,
        "has_comment": "1" if response.comment else "0",
        "sentiment": "" if response.sentiment is None else str(response.sentiment),
        "comment_language": response.comment_language,
    }[dimension]


def passes(response: Response, filters: Filters) -> bool:
    return (
        response.score in filters.allowed_scores
        and (filters.campaign is None or response.campaign_id == filters.campaign)
        and (filters.language is None or response.language == filters.language)
        and (filters.channel is None or response.channel == filters.channel)
        and (filters.has_comment is None or bool(response.comment) == filters.has_comment)
        and all(value(response, "p." + key) in allowed for key, allowed in filters.properties)
        and passes_as_read(response, filters)
    )


def passes_as_read(response: Response, filters: Filters) -> bool:
    """By the comment, by what was read out of it, and by tags."""
    return (
        filters.words.lower() in response.comment.lower()
        and (not filters.themes or bool({*filters.themes} & {*response.themes}))
        and (not filters.tags or bool({*filters.tags} & {*response.tags}))
        and (filters.sentiment is None or value(response, "sentiment") == filters.sentiment)
        and (filters.comment_language is None or response.comment_language == filters.comment_language)
    )


def values(response: Response, dimension: str) -> list[str]:
    """As `value`; of themes and tags, of which it may have several, each."""
    if dimension in ("theme", "tag"):
        return [str(key) for key in (response.themes if dimension == "theme" else response.tags)]
    return [value(response, dimension)]
