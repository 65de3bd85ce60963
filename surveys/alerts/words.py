"""Notifications as people read them, made of how things stand now: what is gone is not told again."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from django.urls import NoReverseMatch
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from surveys.accounts import access
from surveys.accounts.models import Organization
from surveys.alerts.models import Matter, Notification
from surveys.alerts.names import Names, Written
from surveys.alerts.wishes import OF_RESPONSES
from surveys.core import nps
from surveys.responses.models import Response

_LONGEST: Final = 240  # of a comment

ICONS: Final[dict[str, str]] = {
    Matter.RESPONSE: "chat-bubble-left-ellipsis",
    Matter.COMMENT: "pencil-square",
    Matter.AMENDED: "arrows-up-down",
    Matter.ASSIGNED: "user-plus",
    Matter.REPLIED: "envelope",
    Matter.MENTIONED: "at-symbol",
    Matter.OVERDUE: "clock",
    Matter.RULE: "bolt",
    Matter.UNROUTED: "inbox",
    Matter.SIGNED_UP: "user-group",
    Matter.TROUBLE: "exclamation-triangle",
}


@dataclass(frozen=True)
class Line:
    """`path` leads to where one goes on; empty: nowhere. `times` says it of what happened so often. `is_gone`: there is
    nothing more to say."""

    notification: Notification
    sentence: str
    note: str = ""
    quote: str = ""
    path: str = ""
    score: int | None = None
    is_gone: bool = False
    times: Callable[[int], str] | None = None
    is_of_stranger: bool = False

    @property
    def detail(self) -> str:
        return _cut(" – ".join(filter(None, (self.note, self.quote))))

    @property
    def icon(self) -> str:
        return ICONS[self.notification.matter]

    @property
    def at(self) -> datetime:
        return self.notification.at


class Reader:
    """Knows what many notifications of one organization are about."""

    def __init__(self, organization: Organization, notifications: Iterable[Notification]) -> None:
        found = list(notifications)
        self.organization = organization
        self.names = Names(organization, found)
        ids = [each.response_id for each in found if each.response_id is not None]
        responses = Response.objects.filter(organization=organization).select_related("customer", "campaign")
        self.responses = responses.in_bulk(ids) if ids else {}

    def response_of(self, notification: Notification) -> Response | None:
        """What does not count any more is not told of."""
        found = self.responses.get(notification.response_id or 0)
        return found if found is not None and found.is_counted else None

    def written(self, notification: Notification) -> Written:
        """What was written just now; of what is gone nothing."""
        return self.names.of(notification, "message") or Written("")

    def who(self, notification: Notification) -> str:
        response = self.response_of(notification)
        customer = (response.customer if response else None) or self.names.of(notification, "customer")
        return str(customer.name or customer.email or customer.external_id) if customer else _("a customer")


def lines(organization: Organization, notifications: Iterable[Notification]) -> list[Line]:
    """In their order; a statement for each kind of thing that they are about."""
    found = list(notifications)
    reader = Reader(organization, found)
    return [_line(reader, each) for each in found]


def _line(reader: Reader, notification: Notification) -> Line:
    response = reader.response_of(notification)
    if notification.response_id is not None and response is None and notification.matter in OF_RESPONSES:
        return Line(notification, _("The response is not there any more, or does not count."), is_gone=True)
    return Line(
        notification,
        _SAID[notification.matter](reader, notification),
        _note(reader, notification),
        _quote(reader, notification, response),
        _path(reader.organization, notification),
        response.score if response else None,
        times=partial(_replied, reader, notification) if notification.matter == Matter.REPLIED else None,
        is_of_stranger=bool(reader.written(notification).stranger),
    )


def _note(reader: Reader, notification: Notification) -> str:
    """Which mail it was; else what a colleague noted."""
    if notification.matter == Matter.UNROUTED:
        return str(reader.names.of(notification, "mail") or "")
    return str(notification.facts.get("note") or "")


def _quote(reader: Reader, notification: Notification, response: Response | None) -> str:
    """What was written just now; else the comment that it is about."""
    if notification.matter in _OF_MESSAGES:
        return _quoted(reader.written(notification).text)
    return _quoted(response.comment if response else "")


_OF_MESSAGES: Final = (Matter.REPLIED, Matter.MENTIONED)


def _quoted(text: str) -> str:
    words = " ".join(text.split())
    return f"“{words}”" if words else ""


def _cut(said: str) -> str:
    return said if len(said) <= _LONGEST else said[: _LONGEST - 1] + "…"


def _path(organization: Organization, notification: Notification) -> str:
    facts = notification.facts
    if notification.matter == Matter.UNROUTED:
        return access.url(organization, "inbound:unrouted")
    if notification.conversation_id:
        return access.url(organization, "inbox:conversation", pk=notification.conversation_id)
    if notification.response_id:
        return access.url(organization, "responses:detail", pk=notification.response_id)
    for fact, page in (
        ("act", "inbox_acts:act"),
        ("hook", "integrations:hook"),
        ("rule", "automation:rule"),
        ("customer", "customers:detail"),
    ):
        if facts.get(fact):
            return _url(organization, page, facts[fact])
    return ""


def _url(organization: Organization, page: str, pk: int) -> str:
    """Empty for a page that is not there."""
    try:
        return access.url(organization, page, pk=pk)
    except NoReverseMatch:
        return ""


# ── Sentences ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _response(reader: Reader, notification: Notification) -> str:
    response = reader.response_of(notification)
    assert response is not None
    return _SENTENCES[notification.matter] % {
        "who": reader.who(notification),
        "score": response.score,
        "category": str(nps.classify(response.score).label).lower(),
        "campaign": response.campaign,
        "before": notification.facts.get("before", "?"),
    }


_SENTENCES: Final[dict[str, str | Promise]] = {
    Matter.RESPONSE: gettext_lazy("%(who)s answered %(score)d, a %(category)s, in %(campaign)s"),
    Matter.COMMENT: gettext_lazy("%(who)s, who answered %(score)d, wrote a comment"),
    Matter.AMENDED: gettext_lazy("%(who)s changed the answer from %(before)s to %(score)d"),
}


def _assigned(reader: Reader, notification: Notification) -> str:
    if notification.facts.get("many"):
        return _many_assigned(reader, notification)
    said = (
        _("A conversation with %(who)s came to your team")
        if notification.facts.get("team")
        else _("A conversation with %(who)s is yours now")
    )
    return said % {"who": reader.who(notification)}


def _many_assigned(reader: Reader, notification: Notification) -> str:
    facts = notification.facts
    said = (
        ngettext(
            "%(by)s gave %(many)d conversation to your team",
            "%(by)s gave %(many)d conversations to your team",
            facts["many"],
        )
        if facts.get("team")
        else ngettext(
            "%(by)s gave %(many)d conversation to you", "%(by)s gave %(many)d conversations to you", facts["many"]
        )
    )
    return said % {"by": reader.names.of(notification, "by") or _("A colleague"), "many": facts["many"]}


def _replied(reader: Reader, notification: Notification, times: int = 1) -> str:
    """Who is not the customer is not called so."""
    stranger = reader.written(notification).stranger
    said = _stranger_wrote(times) if stranger else _customer_wrote(times)
    return said % {"who": reader.who(notification), "address": stranger, "times": times}


def _customer_wrote(times: int) -> str:
    if times == 1:
        return _("%(who)s wrote in a conversation of yours")
    return ngettext(
        "%(who)s wrote %(times)d time in a conversation of yours",
        "%(who)s wrote %(times)d times in a conversation of yours",
        times,
    )


def _stranger_wrote(times: int) -> str:
    if times == 1:
        return _("Somebody at %(address)s wrote in the conversation with %(who)s")
    return ngettext(
        "Somebody at %(address)s wrote %(times)d time in the conversation with %(who)s",
        "Somebody at %(address)s wrote %(times)d times in the conversation with %(who)s",
        times,
    )


def _mentioned(reader: Reader, notification: Notification) -> str:
    said = _("%(by)s mentioned you in a conversation with %(who)s")
    colleague = reader.names.of(notification, "by") or _("A colleague")
    return said % {"by": colleague, "who": reader.who(notification)}


def _overdue(reader: Reader, notification: Notification) -> str:
    said = (
        _("A conversation with %(who)s was handed up to you: nobody answered in time")
        if notification.facts.get("escalated")
        else _("A conversation with %(who)s is overdue")
    )
    return said % {"who": reader.who(notification)}


def _rule(reader: Reader, notification: Notification) -> str:
    rule = reader.names.of(notification, "rule")
    about = reader.who(notification) + _moved(notification)
    if rule is None:
        return _("A rule tells you about %(who)s") % {"who": about}
    return _("The rule “%(rule)s” tells you about %(who)s") % {"rule": rule, "who": about}


def _moved(notification: Notification) -> str:
    """Of a rule that compares answers, which."""
    before, score = notification.facts.get("before"), notification.facts.get("score")
    if before is None or score is None:
        return ""
    return _(": %(score)d now, %(before)d before") % {"score": score, "before": before}


def _unrouted(reader: Reader, notification: Notification) -> str:
    return _("Mail came in that belongs to no conversation")


def _signed_up(reader: Reader, notification: Notification) -> str:
    newcomer, who = reader.names.of(notification, "newcomer"), reader.who(notification)
    if newcomer is None:
        return _("Somebody signed up by a recommendation of %(who)s") % {"who": who}
    return _("%(newcomer)s came by a recommendation of %(who)s") % {"newcomer": newcomer, "who": who}


def _trouble(reader: Reader, notification: Notification) -> str:
    hook, rule = reader.names.of(notification, "hook"), reader.names.of(notification, "rule")
    if hook is not None and notification.facts.get("stopped"):
        return _("The connection “%(hook)s” was stopped: nothing arrives there") % {"hook": hook}
    if hook is not None:
        return _("A post to the connection “%(hook)s” did not arrive") % {"hook": hook}
    if rule is not None:
        return _("The rule “%(rule)s” is in trouble: look at its log") % {"rule": rule}
    return _("Something that your organization set up fails")


_SAID: Final[dict[str, Callable[[Reader, Notification], str]]] = {
    Matter.RESPONSE: _response,
    Matter.COMMENT: _response,
    Matter.AMENDED: _response,
    Matter.ASSIGNED: _assigned,
    Matter.REPLIED: _replied,
    Matter.MENTIONED: _mentioned,
    Matter.OVERDUE: _overdue,
    Matter.RULE: _rule,
    Matter.UNROUTED: _unrouted,
    Matter.SIGNED_UP: _signed_up,
    Matter.TROUBLE: _trouble,
}


# ── Subjects of mails ────────────────────────────────────────────────────────────────────────────────────────────────

_SUBJECTS: Final[dict[str, Any]] = {
    Matter.COMMENT: gettext_lazy("A comment was written"),
    Matter.AMENDED: gettext_lazy("An answer was changed"),
    Matter.ASSIGNED: gettext_lazy("A conversation came to you"),
    Matter.REPLIED: gettext_lazy("A customer wrote"),
    Matter.MENTIONED: gettext_lazy("A colleague mentioned you"),
    Matter.OVERDUE: gettext_lazy("A conversation is overdue"),
    Matter.RULE: gettext_lazy("A rule tells you something"),
    Matter.UNROUTED: gettext_lazy("Mail came in that belongs to no conversation"),
    Matter.SIGNED_UP: gettext_lazy("Somebody signed up by a recommendation"),
    Matter.TROUBLE: gettext_lazy("Something fails"),
}


def subject(lines: Sequence[Line]) -> str:
    """Of what is about one subject. They are read on locked phones and in logs: they name no customer and quote nobody."""
    line = next((each for each in reversed(lines) if each.notification.matter == Matter.RESPONSE), lines[-1])
    if line.notification.matter == Matter.RESPONSE and line.score is not None:
        said = _("A %(category)s answered: %(score)d")
        return said % {"category": str(nps.classify(line.score).label).lower(), "score": line.score}
    if line.is_of_stranger:
        return _("Somebody else wrote in a conversation")
    if len(lines) > 1 and {each.notification.matter for each in lines} == {Matter.REPLIED}:
        return ngettext("A customer wrote %(n)d time", "A customer wrote %(n)d times", len(lines)) % {"n": len(lines)}
    return str(_SUBJECTS.get(line.notification.matter, line.notification.get_matter_display()))
