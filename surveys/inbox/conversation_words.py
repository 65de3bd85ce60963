"""A conversation in words: when an answer is owed, what was done with it, what became of its mails."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from surveys.accounts.models import User
from surveys.delivery.models import Delivery, State
from surveys.inbox.models import CloseReason, Conversation, ConversationChange, Priority, Status, Team
from surveys.inbox.queries import Item, Thread

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
NEAR: Final = timedelta(days=6)  # within it the name of a weekday is clear

# ── When ──


@dataclass(frozen=True)
class Due:
    """`state` is the class of its badge."""

    text: str
    state: str


def due(conversation: Conversation, zone: ZoneInfo, at: datetime) -> Due | None:
    """By when we owe an answer; None while it is not our turn."""
    if conversation.status == Status.CLOSED or conversation.due_at is None:
        return None
    if conversation.due_at > at:
        soon = conversation.due_at - at < HOUR
        return Due(_due_said(conversation.due_at, zone, at), "warning" if soon else "plain")
    return Due(_overdue_said(conversation.due_at, zone, at), "danger")


def _due_said(moment: datetime, zone: ZoneInfo, at: datetime) -> str:
    left = moment - at
    if left < HOUR:
        return ngettext("due in %(n)d min", "due in %(n)d min", _minutes(left)) % {"n": _minutes(left)}
    if left < DAY:
        hours = round(left / HOUR)
        return ngettext("due in %(n)d h", "due in %(n)d h", hours) % {"n": hours}
    return _("due on %(day)s") % {"day": _day(moment, zone, at)}


def _overdue_said(moment: datetime, zone: ZoneInfo, at: datetime) -> str:
    late = at - moment
    if late < HOUR:
        return ngettext("overdue for %(n)d min", "overdue for %(n)d min", _minutes(late)) % {"n": _minutes(late)}
    if moment.astimezone(zone).date() == at.astimezone(zone).date():
        return _("overdue since %(time)s") % {"time": date_format(moment.astimezone(zone), "H:i", use_l10n=False)}
    return _("overdue since %(day)s") % {"day": _day(moment, zone, at)}


def _minutes(span: timedelta) -> int:
    return max(1, round(span / timedelta(minutes=1)))


def _day(moment: datetime, zone: ZoneInfo, at: datetime) -> str:
    """ "Monday" near by; "3 Mar" else."""
    here = moment.astimezone(zone)
    return date_format(here, "l" if abs(moment - at) < NEAR else "j M", use_l10n=False)


# ── What was done ──

# By a colleague or a rule, and by itself.
_DONE: Final[Mapping[str, tuple[str | Promise, str | Promise]]] = {
    "opened": (gettext_lazy("%(who)s opened the conversation"), gettext_lazy("The conversation was opened")),
    "closed": (gettext_lazy("%(who)s closed it: %(reason)s"), gettext_lazy("Closed: %(reason)s")),
    "reopened": (gettext_lazy("%(who)s opened it again"), gettext_lazy("Open again: the customer wrote")),
    "closed, undone": (gettext_lazy("%(who)s closed it again, as before"), gettext_lazy("Closed again, as before")),
    "reopened, undone": (gettext_lazy("%(who)s took back that it was closed"), gettext_lazy("Open again, as before")),
    "overdue": (gettext_lazy("%(who)s: overdue"), gettext_lazy("Overdue: the answer is late")),
    "escalated": (
        gettext_lazy("%(who)s handed it up to %(whom)s"),
        gettext_lazy("Handed up to %(whom)s: it was overdue for too long"),
    ),
    "snoozed": (gettext_lazy("%(who)s put it off until %(until)s"), gettext_lazy("Put off until %(until)s")),
    "woken": (gettext_lazy("%(who)s put it back into the list"), gettext_lazy("Back in the list: its time came")),
    "prioritized": (gettext_lazy("%(who)s set the priority: %(priority)s"), gettext_lazy("Priority: %(priority)s")),
    "reply_undone": (gettext_lazy("%(who)s took a reply back"), gettext_lazy("A reply was taken back")),
}
_OTHER: Final = (gettext_lazy("%(who)s changed it"), gettext_lazy("Changed"))
_MARKS: Final = {"closed": "done", "overdue": "failed", "escalated": "failed"}


@dataclass(frozen=True)
class Line:
    """A line of the thread between messages. `mark` colours its dot."""

    at: datetime
    text: str
    mark: str


def line(change: ConversationChange, said: Thread, zone: ZoneInfo) -> Line:
    who = _who(change, said)
    if change.kind == "assigned":
        text = _assigned(change, said, who)
    else:
        kind = f"{change.kind}, undone" if change.facts.get("undone") else change.kind
        by_somebody, by_itself = _DONE.get(kind, _OTHER)
        text = str(by_somebody if who else by_itself) % (
            {"who": who, "whom": _whom(change, said)} | _facts(change.facts, zone)
        )
    return Line(change.at, text, _MARKS.get(change.kind, ""))


def _who(change: ConversationChange, said: Thread) -> str:
    if change.actor_id is not None:
        return _name(change.actor_id, said.people)
    return _("A rule") if change.rule_id is not None else ""


def _whom(change: ConversationChange, said: Thread) -> str:
    to = change.facts.get("to")
    return _("the owners") if to is None else _name(to, said.people)


def _name(pk: int, people: Mapping[int, User]) -> str:
    return str(people[pk]) if pk in people else _("a former colleague")


def _facts(facts: Mapping[str, Any], zone: ZoneInfo) -> dict[str, str]:
    reason, priority = facts.get("reason"), facts.get("priority")
    until = parse_datetime(str(facts.get("until", "")))
    return {
        "reason": str(CloseReason(reason).label) if reason in CloseReason.values else str(reason),
        "priority": str(Priority(priority).label) if priority in Priority.values else str(priority),
        "until": date_format(until.astimezone(zone), "j M Y, H:i", use_l10n=False) if until else "",
    }


def _assigned(change: ConversationChange, said: Thread, who: str) -> str:
    to, team = change.facts.get("to"), change.facts.get("team")
    if to is not None and to == change.actor_id:
        return _("%(who)s took it") % {"who": who}
    names = [_name(to, said.people)] if to is not None else []
    names += [_team(team, said.teams)] if team is not None else []
    if not names:
        return _("%(who)s unassigned it") % {"who": who} if who else _("It is nobody's now")
    words = {"who": who, "whom": ", ".join(names)}
    return (_("%(who)s gave it to %(whom)s") if who else _("It went to %(whom)s")) % words


def _team(pk: int, teams: Mapping[int, Team]) -> str:
    return str(teams[pk]) if pk in teams else _("a team that is gone")


# ── What became of mails ──


@dataclass(frozen=True)
class Fate:
    """`state` is the class of its badge; `why` is there where it did not arrive."""

    text: str
    state: str
    why: str = ""


_FATES: Final[Mapping[str, tuple[str | Promise, str]]] = {
    State.DUE: (gettext_lazy("Leaves in a moment"), "provisional"),
    State.CLAIMED: (gettext_lazy("On its way"), "provisional"),
    State.SENDING: (gettext_lazy("On its way"), "provisional"),
    State.SENT: (gettext_lazy("Sent"), "sent"),
    State.DELIVERED: (gettext_lazy("Delivered"), "delivered"),
    State.DELAYED: (gettext_lazy("Delayed; it is tried again"), "delayed"),
    State.UNCERTAIN: (gettext_lazy("May or may not have arrived"), "uncertain"),
    State.BOUNCED: (gettext_lazy("Came back"), "bounced"),
    State.FAILED: (gettext_lazy("Could not be sent"), "failed"),
    State.CANCELLED: (gettext_lazy("Taken back"), "plain"),
    State.EXPIRED: (gettext_lazy("Not sent in time"), "failed"),
}


def fate(delivery: Delivery) -> Fate:
    text, state = _FATES[delivery.state]
    return Fate(str(text), state, delivery.reason)


# ── A thread on its page ──


@dataclass(frozen=True)
class Told:
    """An item as the page shows it: a message with what became of its mail, or a line."""

    item: Item
    line: Line | None = None
    fate: Fate | None = None


def told(said: Thread, zone: ZoneInfo) -> list[Told]:
    return [_told(item, said, zone) for item in said.items]


def _told(item: Item, said: Thread, zone: ZoneInfo) -> Told:
    if item.change is not None:
        return Told(item, line=line(item.change, said, zone))
    delivery = item.message.delivery if item.message else None
    return Told(item, fate=fate(delivery) if delivery else None)
