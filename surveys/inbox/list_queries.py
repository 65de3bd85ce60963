"""The list of conversations: which pass its filters, page by page, and how many stand in each box."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import BooleanField, F, Func, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Lower
from django.db.models.lookups import GreaterThan, LessThan

from surveys.accounts.models import Membership, Organization, User
from surveys.core import nps, places
from surveys.core.choices import Category
from surveys.customers import queries as customers
from surveys.customers.models import Customer
from surveys.inbox import filter_queries
from surveys.inbox.filters import InboxFilters
from surveys.inbox.models import Conversation, Message, Status
from surveys.responses.models import Response
from surveys.responses.queries import contained

PAGE: Final = 50
MOST_COUNTED: Final = 10_000
MOST_IN_BOX: Final = 1_000  # the number beside a tab stops here
MOST_WORDS: Final = 6

Conversations = QuerySet[Conversation]


@dataclass(frozen=True)
class Row:
    """`last` is the newest message of it, None before the first."""

    conversation: Conversation
    last: Message | None


@dataclass(frozen=True)
class HowMany:
    """`count` stops at MOST_COUNTED; then `is_more`."""

    count: int
    is_more: bool


@dataclass(frozen=True)
class Page:
    """`after` is the cursor of the next page, "" on the last. `count` stops at MOST_COUNTED; then `is_more`."""

    rows: list[Row]
    after: str
    count: int
    is_more: bool


# ── Which ──


def read_by(by: Membership, query: str, at: datetime) -> Conversations:
    """What a kept query means to this member, in no order: "mine" is theirs. Raises BadCondition."""
    return matching(by, for_person(InboxFilters.from_text(query), by), at=at)


def for_person(filters: InboxFilters, by: Membership) -> InboxFilters:
    """Without what is not there, and without what this person's role may not look into: it would tell by what is left."""
    filters = filter_queries.standing(by.organization, filters)
    asked = customers.for_person(filters.customers, by)
    return replace(filters, customers=replace(asked, problems=()), problems=(*filters.problems, *asked.problems))


def matching(by: Membership, filters: InboxFilters, *, at: datetime) -> Conversations:
    """In no order. Raises customers.BadCondition when a condition or a segment cannot be understood."""
    organization = by.organization
    found = Conversation.objects.filter(
        _in_box(filters.box, by.user), *_of_people(filters, by.user), *_of_response(filters), organization=organization
    )
    if filters.is_overdue:
        found = found.filter(due_at__lte=at).exclude(status=Status.CLOSED)
    if filters.waited is not None:
        found = found.filter(_waits_since(at - timedelta(days=filters.waited)))
    if filters.themes:
        about = Response.objects.filter(organization=organization, themes__overlap=list(filters.themes))
        found = found.filter(response__in=about.exclude(themes=[]).values("pk"))
    if filters.customers.is_narrowed:
        people = customers.matching(organization, filters.customers, at=at)
        found = found.filter(customer__in=people.values("pk"))
    return _with_words(found, organization, filters.words) if filters.words else found


def _in_box(box: str, user: User) -> Q:
    awake = Q(status=Status.OPEN, snoozed_until=None)
    return {
        "mine": awake & Q(assignee=user),
        "unassigned": awake & Q(assignee=None),
        "open": awake,
        "waiting": Q(status=Status.WAITING, snoozed_until=None),
        "snoozed": Q(status__in=[Status.OPEN, Status.WAITING], snoozed_until__isnull=False),
        "closed": Q(status=Status.CLOSED),
        "all": Q(),
    }[box]


def _of_people(filters: InboxFilters, user: User) -> list[Q]:
    found: list[Q] = []
    if filters.assignee:
        whose = {"me": user.pk, "none": None}.get(filters.assignee, filters.assignee)
        found.append(Q(assignee=whose))
    if filters.team:
        found.append(Q(team=None if filters.team == "none" else filters.team))
    if filters.priorities:
        found.append(Q(priority__in=filters.priorities))
    if filters.reasons:
        found.append(Q(status=Status.CLOSED, close_reason__in=filters.reasons))
    return found


def _waits_since(moment: datetime) -> Q:
    """The customer for us since then, or we for the customer."""
    return Q(status=Status.OPEN, turn_at__lte=moment) | Q(status=Status.WAITING, last_reply_at__lte=moment)


def _of_response(filters: InboxFilters) -> list[Q]:
    found: list[Q] = []
    if filters.category == "none":
        found.append(Q(score=None))
    elif filters.category:
        wanted = [score for score in nps.SCALE if nps.classify(score) is Category(filters.category)]
        found.append(Q(score__in=wanted))
    if filters.scores:
        found.append(Q(score__in=filters.scores))
    if filters.campaign is not None:
        found.append(Q(campaign_id=filters.campaign))
    return found


def _with_words(found: Conversations, organization: Organization, words: str) -> Conversations:
    """Every word, wherever it stands: in the name and the next in the comment will do."""
    for word in words.split()[:MOST_WORDS]:
        found = found.filter(pk__in=_saying(organization, word))
    return found


def _saying(organization: Organization, word: str) -> QuerySet[Any, Any]:
    """Keys, some of them several times. One part for each place, so that each is looked up by its own index."""
    mine = Conversation.objects.filter(organization=organization)
    people = Customer.objects.filter(organization=organization, search_key__contains=Lower(Value(word)))
    said = Response.objects.filter(_contains("comment", word), organization=organization).exclude(comment="")
    written = Message.objects.filter(_contains("text", word), organization=organization)
    return (
        mine.filter(_contains("subject", word))
        .exclude(subject="")
        .values("pk")
        .union(
            mine.filter(customer__in=people.values("pk")).values("pk"),
            mine.filter(response__in=said.values("pk")).values("pk"),
            written.values("conversation_id"),
            all=True,
        )
    )


def _contains(name: str, word: str) -> Q:
    """By ILIKE, which indexes of trigrams serve."""
    value = Value(contained(word))
    return Q(Func(F(name), value, template="%(expressions)s", arg_joiner=" ILIKE ", output_field=BooleanField()))


# ── In which order ──


@dataclass(frozen=True)
class _Order:
    """`lacks` of a part says whether its rows have no time by which they are due: those stand last, the newest first."""

    field: str
    goes_down: bool
    lacks: bool | None = None


_NEWEST: Final = _Order("touched_at", goes_down=True)
_ORDERS: Final[dict[str, tuple[_Order, ...]]] = {
    "due": (_Order("due_at", goes_down=False, lacks=False), replace(_NEWEST, lacks=True)),
    "newest": (_NEWEST,),
    "oldest": (replace(_NEWEST, goes_down=False),),
}


@dataclass(frozen=True)
class Place:
    """A row of an order: in which part of it, what it is ordered by there, and its key."""

    part: int
    at: datetime
    pk: int

    def encoded(self) -> str:
        return f"{self.part}_{places.encoded(self.at, self.pk)}"

    @classmethod
    def of(cls, conversation: Conversation, sort: str) -> "Place":
        parts = _ORDERS[sort]
        part = len(parts) - 1 if conversation.due_at is None else 0
        return cls(part, getattr(conversation, parts[part].field), conversation.pk)

    @classmethod
    def decoded(cls, text: str, sort: str) -> "Place | None":
        """None for what `encoded` did not make for this order."""
        part, _, rest = text.partition("_")
        place = places.decoded(rest)
        if place is None or part not in map(str, range(len(_ORDERS[sort]))):
            return None
        return cls(int(part), *place)


def _rows(found: Conversations, sort: str, place: Place | None, limit: int) -> list[Conversation]:
    """The next ones after a place, or the first. A part of the order is read when those before it are used up."""
    rows: list[Conversation] = []
    for number, order in enumerate(_ORDERS[sort]):
        if (place and number < place.part) or len(rows) >= limit:
            continue
        within = found if order.lacks is None else found.filter(due_at__isnull=order.lacks)
        here = place if place and number == place.part else None
        rows += _in_order(_beyond(within, order, here), order)[: limit - len(rows)]
    return rows


def _in_order(found: Conversations, order: _Order) -> Conversations:
    sign = "-" if order.goes_down else ""
    return found.order_by(sign + order.field, sign + "id")


def _beyond(found: Conversations, order: _Order, place: Place | None) -> Conversations:
    """Compared as a row of values, which an index on them serves; two comparisons joined by OR it does not."""
    if place is None:
        return found
    compare = LessThan if order.goes_down else GreaterThan
    return found.filter(compare(_row(F(order.field), F("id")), _row(Value(place.at), Value(place.pk))))


def _row(*values: F | Value) -> Func:
    return Func(*values, function="ROW", output_field=IntegerField())


# ── A page ──


def page(by: Membership, filters: InboxFilters, after: str = "", *, at: datetime) -> Page:
    """Fifty conversations behind the cursor; five statements at most, however many there are. Raises BadCondition."""
    found = matching(by, filters, at=at)
    total = _how_many(found)
    place = Place.decoded(after, filters.sort) if after else None
    rows = _rows(_with_who(found), filters.sort, place, PAGE + 1)
    shown = rows[:PAGE]
    return Page(
        rows=_with_last(by.organization, shown),
        after=Place.of(shown[-1], filters.sort).encoded() if len(rows) > PAGE else "",
        count=total.count,
        is_more=total.is_more,
    )


# What a line of the list says of others than the conversation.
_SAID_OF: Final = {
    "customer": ("name", "email", "external_id"),
    "assignee": ("name", "email"),
    "team": ("name",),
    "response": ("comment", "channel"),
}


def _with_who(found: Conversations) -> Conversations:
    own = [field.name for field in Conversation._meta.concrete_fields]
    said = [f"{whose}__{name}" for whose, names in _SAID_OF.items() for name in names]
    return found.select_related(*_SAID_OF).only(*own, *said)


def how_many(by: Membership, filters: InboxFilters, *, at: datetime) -> HowMany:
    """Raises BadCondition."""
    return _how_many(matching(by, filters, at=at))


def _how_many(found: Conversations) -> HowMany:
    count = found.order_by()[: MOST_COUNTED + 1].count()
    return HowMany(min(count, MOST_COUNTED), count > MOST_COUNTED)


def _with_last(organization: Organization, conversations: list[Conversation]) -> list[Row]:
    newest = Message.objects.filter(conversation=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    shown = Conversation.objects.filter(organization=organization, pk__in=[each.pk for each in conversations])
    messages = Message.objects.filter(pk__in=shown.values_list(Subquery(newest))).select_related("author")
    last = {message.conversation_id: message for message in messages.defer("html", "quoted")}
    return [Row(each, last.get(each.pk)) for each in conversations]


def changed_since(by: Membership, filters: InboxFilters, since: datetime, *, at: datetime) -> int:
    """How many that pass were opened, written in or changed after a page was made. Raises BadCondition."""
    found = matching(by, filters, at=at).filter(touched_at__gt=since)
    return found.order_by()[: PAGE + 1].count()


# ── How many ──


@dataclass(frozen=True)
class BoxCount:
    """`count` stops at MOST_IN_BOX; then `is_more`."""

    count: int
    is_more: bool


_IN_BOX: Final = {
    "mine": "status = 'open' AND snoozed_until IS NULL AND assignee_id = %(user)s",
    "unassigned": "status = 'open' AND snoozed_until IS NULL AND assignee_id IS NULL",
    "open": "status = 'open' AND snoozed_until IS NULL",
    "waiting": "status = 'waiting' AND snoozed_until IS NULL",
    "snoozed": "status IN ('open', 'waiting') AND snoozed_until IS NOT NULL",
    "closed": "status = 'closed'",
}
_COUNT: Final = """
    (SELECT count(*) FROM (
        SELECT FROM surveys_conversation WHERE organization_id = %(organization)s AND {which} LIMIT %(most)s) AS seen)
"""


def box_counts(by: Membership) -> dict[str, BoxCount]:
    """Of all boxes but "all", whatever filters are chosen; one statement, which stops when it has seen enough."""
    given = {"organization": by.organization_id, "user": by.user_id, "most": MOST_IN_BOX + 1}
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(_COUNT.format(which=which) for which in _IN_BOX.values()), given)
        found = zip(_IN_BOX, cursor.fetchone(), strict=True)
    return {box: BoxCount(min(count, MOST_IN_BOX), count > MOST_IN_BOX) for box, count in found}
