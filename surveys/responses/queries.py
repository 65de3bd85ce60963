"""Reads of answers: the feed, one response with its evidence, a customer's history."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection
from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, F, Func, OuterRef, Q, TextField, Value
from django.db.models.functions import Cast, Concat, Lower

from surveys.accounts.models import Organization
from surveys.campaigns.models import Campaign, Status
from surveys.core import places, readable
from surveys.core.conditions.orm import Meets
from surveys.core.filters import UNSET, Filters
from surveys.core.timeline import Part
from surveys.customers.actions import AnswerFacts
from surveys.customers.models import Customer, Property, PropertySet
from surveys.responses.models import (
    DOUBTED,
    Answer,
    ClickEvent,
    Response,
    ResponseQuerySet,
    ResponseRevision,
    Tag,
    Verdict,
)

PAGE: Final = 50
MOST_COUNTED: Final = 10_000
MOST_CLICKS: Final = 100
NEWEST_FIRST: Final = ("-responded_at", "-id")
EVERY_STATE: Final = "all"
JUNK: Final = "junk"  # the state of what a colleague called so
BY_COLLEAGUES: Final = "decided"  # the state of what a colleague decided, either way


# ── The feed ──


def matching(organization: Organization, filters: Filters) -> ResponseQuerySet:
    """The responses that pass the filters (counted ones unless `filters.state` says otherwise), in no order."""
    return _passing(organization, filters, one_by_one=filters.has_index_of_its_own)


def newest(organization: Organization, filters: Filters, *, are_many: bool) -> ResponseQuerySet:
    """As `matching`, the newest first.

    `are_many`: so many pass that the first few are soon found by going through all responses in this order.
    """
    one_by_one = are_many or filters.has_index_of_its_own
    return _passing(organization, filters, one_by_one=one_by_one).order_by(*NEWEST_FIRST)


def _passing(organization: Organization, filters: Filters, *, one_by_one: bool) -> ResponseQuerySet:
    """`one_by_one`: the responses are found by something else, and their properties are looked at then."""
    found = _in_state(Response.objects.filter(organization=organization), filters.state)
    if filters.since:
        found = found.filter(day__gte=filters.since)
    if filters.until:
        found = found.filter(day__lte=filters.until)
    if filters.scores or filters.category:
        found = found.filter(score__in=filters.allowed_scores)
    if filters.has_comment is not None:
        found = found.exclude(comment="") if filters.has_comment else found.filter(comment="")
    found = _as_read(_with_columns(found, filters), filters)
    if filters.properties:
        of_them = _of_properties(organization, filters)
        found = found.filter(_one_by_one(of_them) if one_by_one else of_them)
    return _meeting(found, filters)


def _one_by_one(condition: Q) -> Func:
    """PostgreSQL takes those who pass for very few, and would look through an index of something else once for each of
    their combinations, or sort all that pass for the first fifty. IS TRUE keeps it from that: combinations are hashed."""
    asked = ExpressionWrapper(condition, output_field=BooleanField())
    return Func(asked, template="(%(expressions)s) IS TRUE", output_field=BooleanField())


def _as_read(found: ResponseQuerySet, filters: Filters) -> ResponseQuerySet:
    """By what stands in comments, and by what was read out of them or said of them."""
    if filters.words:
        found = found.exclude(comment="").filter(_contains(filters.words))
    if filters.themes:
        found = found.exclude(themes=[]).filter(themes__overlap=list(filters.themes))
    if filters.tags:
        found = found.exclude(tags=[]).filter(tags__overlap=list(filters.tags))
    if filters.sentiment is not None:
        found = found.filter(sentiment=int(filters.sentiment) if filters.sentiment else None)
    return found


def contained(words: str) -> str:
    """A pattern for ILIKE that finds these words as they are."""
    return "%" + re.sub(r"([\\%_])", r"\\\1", words) + "%"


def _contains(words: str) -> Func:
    """By ILIKE, which the index of words serves."""
    return Func(
        F("comment"),
        Value(contained(words)),
        template="%(expressions)s",
        arg_joiner=" ILIKE ",
        output_field=BooleanField(),
    )


def _meeting(found: ResponseQuerySet, filters: Filters) -> ResponseQuerySet:
    """Raises NotUnderstood."""
    return found.filter(Meets(filters.meant.responses)) if filters.meant else found


def _in_state(found: ResponseQuerySet, state: str | None) -> ResponseQuerySet:
    if state == EVERY_STATE:
        return found
    if state == JUNK:
        return found.filter(excluded_at__isnull=False)
    if state == BY_COLLEAGUES:
        return found.filter(judged_at__isnull=False)
    if state in (Verdict.PROVISIONAL, Verdict.QUARANTINED):
        return found.filter(verdict=state)
    return found.counted()


def _with_columns(found: ResponseQuerySet, filters: Filters) -> ResponseQuerySet:
    """`UNSET` is the empty string, and so are these columns where there is no value."""
    wanted = {
        "campaign_id": filters.campaign,
        "language": filters.language,
        "channel": filters.channel,
        "comment_language": filters.comment_language,
    }
    return found.filter(**{name: value for name, value in wanted.items() if value is not None})


def _of_properties(organization: Organization, filters: Filters) -> Q:
    sets = PropertySet.objects.filter(organization=organization)
    unset_suffices = True
    for key, values in filters.properties:
        wanted = Q(values__has_key=key, **{f"values__{key}__in": [value for value in values if value != UNSET]})
        sets = sets.filter(wanted | ~Q(values__has_key=key) if UNSET in values else wanted)
        unset_suffices &= UNSET in values
    in_sets = Q(property_set__in=sets.values("pk"))
    return in_sets | Q(property_set=None) if unset_suffices else in_sets


@dataclass(frozen=True)
class Page:
    """`after` is the cursor of the next page, "" on the last. `count` stops at MOST_COUNTED; then `is_more`."""

    responses: list[Response]
    after: str
    count: int = 0
    is_more: bool = False


def page(organization: Organization, filters: Filters, after: str = "", *, is_counted: bool = True) -> Page:
    """Fifty responses, newest first, behind the cursor; three statements at most, however many there are."""
    needs_count = is_counted or bool(filters.properties)
    # By days, which the indexes of counted responses have: no row is looked up.
    passing = matching(organization, filters).order_by().values("day")
    count = passing[: MOST_COUNTED + 1].count() if needs_count else 0
    found = newest(organization, filters, are_many=count > MOST_COUNTED)
    rows = list(_with_who(_behind(found, after), filters)[: PAGE + 1])
    shown = rows[:PAGE]
    return Page(
        responses=shown,
        after=places.encoded(shown[-1].responded_at, shown[-1].pk) if len(rows) > PAGE else "",
        count=min(count, MOST_COUNTED),
        is_more=count > MOST_COUNTED,
    )


def _with_who(found: ResponseQuerySet, filters: Filters) -> ResponseQuerySet:
    """With all that a line of the feed says; of campaigns that is the name."""
    junk = ("excluded_by",) if filters.state else ()  # what counts is none
    rest = (
        f"campaign__{field.attname}" for field in Campaign._meta.concrete_fields if field.name not in ("id", "name")
    )
    return found.select_related("customer", "campaign", "property_set", *junk).defer(*rest)


def _behind(found: ResponseQuerySet, after: str) -> ResponseQuerySet:
    """A cursor that was not made here is the first page."""
    place = places.decoded(after)
    if place is None:
        return found
    at, pk = place
    return found.filter(responded_at__lte=at).exclude(responded_at=at, id__gte=pk)


def campaigns_with_names(organization: Organization) -> list[tuple[int, str]]:
    campaigns = Campaign.objects.filter(organization=organization).order_by("-id")
    return list(campaigns.values_list("pk", "name"))


@dataclass(frozen=True)
class KnownProperty:
    """A property that responses can be told apart by: its name for people, and its type."""

    label: str
    kind: str


def known_properties(organization: Organization, *, sees_hidden: bool) -> dict[str, KnownProperty]:
    """Those that responses are compared by, by key and in their order; one statement.

    `sees_hidden`: those too that not every role may see. Their values, and filters on them, would tell.
    """
    properties = Property.objects.filter(organization=organization, segmentable=True)
    if not sees_hidden:
        properties = properties.filter(visible_to_agents=True)
    rows = properties.order_by("position", "id").values_list("key", "label", "type")
    return {key: KnownProperty(readable.heading(label), kind) for key, label, kind in rows}


def tags(organization: Organization) -> dict[int, str]:
    """Name by key, in the order of names; one statement."""
    return dict(Tag.objects.filter(organization=organization).order_by(Lower("name")).values_list("pk", "name"))


def settling(organization: Organization) -> int:
    """How many answers wait for their settling time; they count nowhere yet."""
    return Response.objects.filter(organization=organization, verdict=Verdict.PROVISIONAL).count()


@dataclass(frozen=True)
class Doubts:
    """How many answers of some days do not count yet, look like robots', or were decided by colleagues."""

    settling: int
    quarantined: int
    decided: int


def doubts(organization: Organization, filters: Filters) -> Doubts:
    """Of those that pass the filters, whatever state these say. One statement, over the few that are not simply counted."""
    found = _passing(organization, filters.narrowed(state=EVERY_STATE), one_by_one=True).filter(DOUBTED)
    return Doubts(
        **found.aggregate(
            settling=Count("verdict", filter=Q(verdict=Verdict.PROVISIONAL)),
            quarantined=Count("verdict", filter=Q(verdict=Verdict.QUARANTINED)),
            decided=Count("judged_at"),
        )
    )


# ── One response, one customer ──


def with_everything(organization: Organization) -> ResponseQuerySet:
    """Responses together with what their page says about them."""
    related = ("organization", "customer", "campaign", "invitation", "property_set", "judged_by", "excluded_by")
    return Response.objects.filter(organization=organization).select_related(*related)


def revisions(response: Response) -> list[ResponseRevision]:
    """What it said before, oldest first."""
    return list(ResponseRevision.objects.filter(response=response).order_by("id"))


def clicks(response: Response) -> list[ClickEvent]:
    """The evidence, oldest first, the first hundred requests."""
    if response.invitation_id is None:
        return []
    events = ClickEvent.objects.filter(organization=response.organization_id, invitation_id=response.invitation_id)
    return list(events.order_by("at", "id")[:MOST_CLICKS])


def responses_of(customer: Customer) -> list[Response]:
    """Everything this customer answered, in every verdict, newest first."""
    found = Response.objects.filter(organization=customer.organization_id, customer=customer)
    return list(found.select_related("campaign", "organization").order_by("-responded_at", "-id"))


def score_history(customer: Customer) -> list[tuple[datetime, int]]:
    """Time and score of the counted responses, oldest first."""
    found = Response.objects.filter(organization=customer.organization_id, customer=customer).counted()
    return list(found.order_by("responded_at", "id").values_list("responded_at", "score"))


@dataclass(frozen=True)
class Settling:
    """An answer that does not count yet."""

    score: int
    at: datetime
    invitation: int | None


def settling_of(organization: Organization, customers: Collection[int]) -> dict[int, Settling]:
    """What each of them answered last, where that is settling."""
    rows = _settling(organization.pk, customers).values_list("customer", "score", "responded_at", "invitation")
    return {who: Settling(score, at, invitation) for who, score, at, invitation in rows if who is not None}


def settling_answers(customer: Customer) -> list[Settling]:
    """All of theirs that are settling, oldest first."""
    rows = _settling(customer.organization_id, [customer.pk])
    return [Settling(*row) for row in rows.values_list("score", "responded_at", "invitation")]


def _settling(organization: int, customers: Collection[int]) -> ResponseQuerySet:
    found = Response.objects.filter(organization=organization, customer__in=customers, excluded_at=None)
    return found.filter(verdict=Verdict.PROVISIONAL).order_by("responded_at", "id")


# An answer as it was given first, and each change of it: what it said before and after.
_TIMELINE: Final = """
    SELECT r.responded_at, 'answered', r.id, jsonb_build_object('response', r.id, 'campaign', c.id, 'name', c.name,
        'verdict', r.verdict, 'excluded', r.excluded_at IS NOT NULL,
        'decided', r.judged_at IS NOT NULL,
        'score', coalesce(first.score, r.score), 'comment', coalesce(first.comment, r.comment),
        'answers', (SELECT count(*) FROM surveys_answer a WHERE a.response_id = r.id))
    FROM surveys_response r JOIN surveys_campaign c ON c.id = r.campaign_id
    LEFT JOIN LATERAL (
        SELECT v.score, v.comment FROM surveys_responserevision v WHERE v.response_id = r.id ORDER BY v.id LIMIT 1
    ) first ON true
    WHERE r.organization_id = %(organization)s AND r.customer_id = %(customer)s
    UNION ALL
    SELECT v.at, 'amended', v.id, jsonb_build_object('response', r.id, 'campaign', c.id, 'name', c.name,
        'before', v.score, 'after', coalesce(lead(v.score) OVER later, r.score),
        'comment_before', v.comment, 'comment', coalesce(lead(v.comment) OVER later, r.comment))
    FROM surveys_response r JOIN surveys_responserevision v ON v.response_id = r.id
    JOIN surveys_campaign c ON c.id = r.campaign_id
    WHERE r.organization_id = %(organization)s AND r.customer_id = %(customer)s
    WINDOW later AS (PARTITION BY r.id ORDER BY v.id)
    UNION ALL
    SELECT step.at, step.kind, r.id, jsonb_build_object('response', r.id, 'campaign', c.id, 'name', c.name,
        'verdict', r.verdict, 'actor', step.actor, 'note', step.note)
    FROM surveys_response r JOIN surveys_campaign c ON c.id = r.campaign_id
    CROSS JOIN LATERAL (VALUES
        (r.excluded_at, 'junk', r.excluded_by_id, r.excluded_note),
        (r.judged_at, 'judged', r.judged_by_id, r.judged_note)) AS step (at, kind, actor, note)
    WHERE r.organization_id = %(organization)s AND r.customer_id = %(customer)s
"""


def timeline(customer: Customer) -> Part:
    """Everything that somebody answered, in every verdict."""
    return Part(_TIMELINE, {"organization": customer.organization_id, "customer": customer.pk})


_ANSWER_FACTS: Final = """
    SELECT customer_id, max(responded_at), (array_agg(score ORDER BY responded_at DESC, id DESC))[1],
           (array_agg(score ORDER BY responded_at DESC, id DESC))[2], count(*)
    FROM surveys_response
    WHERE organization_id = %s AND customer_id = ANY(%s) AND verdict = 'confirmed' AND excluded_at IS NULL
    GROUP BY customer_id
"""


def answer_facts(organization: Organization, customer_ids: Collection[int]) -> list[AnswerFacts]:
    """What the counted responses of each of these customers say together, those without any included."""
    with connection.cursor() as cursor:
        cursor.execute(_ANSWER_FACTS, [organization.pk, list(customer_ids)])
        found = {row[0]: AnswerFacts(*row) for row in cursor.fetchall()}
    return [found.get(pk) or AnswerFacts(pk) for pk in customer_ids]


# ── Whose time is over ──


def aged(organization: Organization, before: datetime) -> ResponseQuerySet:
    return Response.objects.filter(organization=organization, responded_at__lt=before)


def aged_with_names(organization: Organization, before: datetime) -> ResponseQuerySet:
    """Known to be somebody's. Those of an occasion that may still be planned wait: else it would be asked again."""
    wave = Concat(Value("wave:"), Cast("campaign__wave", TextField()))
    still_planned = Q(campaign__status__in=[Status.LIVE, Status.PAUSED], invitation__occasion=wave)
    return aged(organization, before).filter(customer__isnull=False).exclude(still_planned)


def aged_with_comments(organization: Organization, before: datetime) -> ResponseQuerySet:
    """With a comment, or one in their history, or something typed as an answer."""
    earlier = ResponseRevision.objects.filter(response=OuterRef("pk")).exclude(comment="")
    written = Answer.objects.typed().filter(response=OuterRef("pk"))
    return aged(organization, before).filter(~Q(comment="") | Exists(earlier) | Exists(written))
