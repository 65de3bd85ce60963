"""Reads of one conversation, and what other pages say of the inbox."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db.models import IntegerField, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Lower

from surveys.accounts import permissions
from surveys.accounts import queries as accounts
from surveys.accounts.models import Membership, Organization, Role, User
from surveys.accounts.permissions import Permission
from surveys.alerts import queries as alerts
from surveys.alerts.names import Written
from surveys.customers.models import Customer
from surveys.inbox.models import (
    Attachment,
    Conversation,
    ConversationChange,
    InboundMail,
    Message,
    MessageKind,
    Outcome,
    Presence,
    Status,
    Team,
    TeamMember,
)
from surveys.responses.models import Response

MOST_SAID: Final = 99  # numbers in the head of pages stop here
LATEST: Final = 100  # messages that a conversation's page shows at once
MOST: Final = 1000  # messages of one conversation, on a page that shows it from its beginning
WHO: Final = ("to", "from")  # facts of changes that are keys of users
TOLD_BY_MESSAGES: Final = ("waiting", "heard")
PRESENT: Final = timedelta(seconds=45)  # so long after its last sign of life a page counts as open
ANSWERING: Final = [role for role in Role if permissions.allows(role, Permission.ANSWER_CUSTOMERS)]


# ── For other pages ──


def words_of_messages(organization: Organization, ids: list[int]) -> dict[int, Written]:
    found = Message.objects.filter(organization=organization, pk__in=ids)
    rows = found.values_list("pk", "text", "from_address", "is_from_another")
    return {pk: Written(text, address if is_from_another else "") for pk, text, address, is_from_another in rows}


def heard(conversation: Conversation, at: datetime) -> int | None:
    """Which message it was that the customer wrote then."""
    kinds = (MessageKind.INBOUND, MessageKind.BY_HAND)
    found = Message.objects.filter(conversation=conversation, kind__in=kinds, at=at)
    return found.order_by("-pk").values_list("pk", flat=True).first()


def mails_to_sort(organization: Organization, ids: list[int]) -> dict[int, str]:
    """From whom and about what, of those that still belong nowhere."""
    waiting = InboundMail.objects.filter(organization=organization, pk__in=ids, outcome=Outcome.UNROUTED)
    found = waiting.values_list("pk", "from_address", "subject")
    return {pk: " · ".join(filter(None, (sender, subject))) for pk, sender, subject in found}


@dataclass(frozen=True)
class Waiting:
    """For one member: new alerts, and open conversations that are theirs; each at most MOST_SAID + 1."""

    alerts: int
    conversations: int


def waiting(by: Membership) -> Waiting:
    """What the head of every page says; one statement over two indexes."""
    mine = Conversation.objects.filter(organization=by.organization_id, assignee=by.user_id, status=Status.OPEN)
    counts = (alerts.Unseen(by), _Count(mine.filter(snoozed_until=None).order_by()[: MOST_SAID + 1]))
    found = Membership.objects.filter(pk=by.pk).values_list(*counts).first()
    return Waiting(*found) if found else Waiting(0, 0)


class _Count(Subquery):
    template = "(SELECT count(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()

    def __init__(self, rows: QuerySet[Any]) -> None:
        super().__init__(rows.values("pk"))


def about(response: Response) -> Conversation | None:
    found = Conversation.objects.filter(organization=response.organization_id, response=response)
    return found.select_related("organization").first()


def open_with(customer: Customer, besides: int = 0) -> list[Conversation]:
    """Those with this customer that are not closed, the newest first."""
    found = Conversation.objects.filter(organization=customer.organization_id, customer=customer)
    rest = found.exclude(status=Status.CLOSED).exclude(pk=besides)
    return list(rest.select_related("organization", "assignee", "response").order_by("-pk")[:20])


# ── Who can have it ──


def answering(organization: Organization) -> list[User]:
    """The colleagues who may answer customers, by name."""
    found = User.objects.filter(is_active=True, memberships__organization=organization, memberships__role__in=ANSWERING)
    return sorted(found, key=lambda user: (str(user).casefold(), user.pk))


def may_answer(organization_id: int, user_id: int) -> bool:
    return answering_members(organization_id, [user_id]).exists()


def answering_members(organization_id: int, users: Iterable[int]) -> QuerySet[Membership]:
    return Membership.objects.filter(
        organization=organization_id, user__in=list(users), user__is_active=True, role__in=ANSWERING
    )


def away(organization: Organization, at: datetime) -> set[int]:
    """The keys of those who have said that they are away now."""
    today = at.astimezone(ZoneInfo(organization.time_zone)).date()
    seats = TeamMember.objects.filter(organization=organization, is_away=True, team__deleted_at=None)
    return set(seats.filter(Q(away_until=None) | Q(away_until__gte=today)).values_list("user", flat=True))


def teams(organization: Organization) -> list[Team]:
    return list(Team.objects.filter(organization=organization).order_by("position", Lower("name"), "pk"))


# ── One conversation ──


def with_everything(organization: Organization) -> QuerySet[Conversation]:
    """Conversations together with what their page says about them."""
    related = ("organization", "customer__owner", "response__campaign", "assignee", "team", "opened_by", "closed_by")
    return Conversation.objects.filter(organization=organization).select_related(*related)


@dataclass(frozen=True)
class Item:
    """A message, or what was done between messages."""

    at: datetime
    message: Message | None = None
    change: ConversationChange | None = None


@dataclass(frozen=True)
class Thread:
    """In order. `earlier`: messages lie before the first. `people` and `teams` are those whom changes name."""

    items: list[Item]
    people: dict[int, User]
    teams: dict[int, Team]
    earlier: bool = False

    @property
    def last(self) -> int:
        """The key of the newest message; 0 without any."""
        return max((item.message.pk for item in self.items if item.message), default=0)


def thread(conversation: Conversation, *, whole: bool = False) -> Thread:
    """The latest messages, or as many as a page can bear; five statements, however many there are."""
    most = MOST if whole else LATEST
    found = list(_messages(conversation).order_by("-pk")[: most + 1])
    messages, earlier = found[:most][::-1], len(found) > most
    changes = _changes(conversation)
    if earlier:
        changes = changes.filter(at__gte=messages[0].at)
    return _thread(conversation, messages, list(changes.order_by("-pk")[:MOST])[::-1], earlier=earlier)


def since(conversation: Conversation, message: int, version: int) -> Thread:
    """What a page does not show yet that was made with this as its newest message, at this version."""
    messages = list(_messages(conversation).filter(pk__gt=message).order_by("pk")[:LATEST])
    changes = list(_changes(conversation).filter(version__gt=version).order_by("pk")[:LATEST])
    return _thread(conversation, messages, changes)


def _messages(conversation: Conversation) -> QuerySet[Message]:
    files = Prefetch("attachments", Attachment.objects.defer("data").order_by("pk"))
    found = Message.objects.filter(organization=conversation.organization_id, conversation=conversation)
    return found.select_related("author", "delivery").prefetch_related(files)


def _changes(conversation: Conversation) -> QuerySet[ConversationChange]:
    """Without those that a message tells of."""
    found = ConversationChange.objects.filter(organization=conversation.organization_id, conversation=conversation)
    return found.exclude(kind__in=TOLD_BY_MESSAGES)


def _thread(
    conversation: Conversation, messages: list[Message], changes: list[ConversationChange], *, earlier: bool = False
) -> Thread:
    items = [Item(message.at, message=message) for message in messages]
    items += [Item(change.at, change=change) for change in changes]
    named = {change.actor_id for change in changes} | {change.facts.get(name) for change in changes for name in WHO}
    teams = {change.facts.get(name) for change in changes for name in ("team", "from_team")} - {None}
    return Thread(
        items=sorted(items, key=lambda item: (item.at, item.change is not None)),
        people=accounts.people(named),
        teams=Team.ever.filter(organization=conversation.organization_id).in_bulk(list(teams)) if teams else {},
        earlier=earlier,
    )


def newest_change(conversation: Conversation) -> ConversationChange | None:
    found = ConversationChange.objects.filter(organization=conversation.organization_id, conversation=conversation)
    return found.order_by("-pk").first()


def attachment(organization: Organization, pk: int) -> Attachment | None:
    """Of a message. What hangs on somebody's draft, or on mail that belongs nowhere, is not everybody's to read."""
    found = Attachment.objects.filter(organization=organization, message__isnull=False)
    return found.filter(pk=pk).defer("data").first()


# ── Who else is there ──


def others_at(conversation: Conversation, user: User, *, at: datetime) -> list[Presence]:
    """Colleagues who have it open, whoever writes first."""
    found = Presence.objects.filter(
        organization=conversation.organization_id, conversation=conversation, seen_at__gt=at - PRESENT
    )
    return sorted(found.exclude(user=user).select_related("user").order_by("pk"), key=lambda each: not writes(each, at))


def writes(presence: Presence, at: datetime) -> bool:
    return presence.wrote_at is not None and presence.wrote_at > at - PRESENT
