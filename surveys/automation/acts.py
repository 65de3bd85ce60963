"""What a rule can do, in order: the shape of each act as it is stored, what is wrong with one, and how it is said.

A rule's `actions` are a list of objects, each with a `kind`:

    {"kind": "wait", "minutes": 60}                      all that follows is done so much later
    {"kind": "email", "subject": …, "text": …, "from": "organization" | "owner" | "user", "user": 3}
    {"kind": "alert", "to": "owner" | "assignee" | "users" | "team" | "admins", "users": [3], "team": 5, "note": …}
    {"kind": "hook", "hook": 7, "note": …}
    {"kind": "open", "priority": 2}                      the priority may be missing
    {"kind": "assign", "to": "user" | "turn" | "team" | "owner", "user": 3, "team": 5}
    {"kind": "tag", "tag": 9}
    {"kind": "property", "property": "plan", "value": "Pro"}      null takes the value away
    {"kind": "thanks", "text": …, "link": "url" | "review" | "referral", "url": …, "site": 2}
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from urllib.parse import urlsplit

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.automation import letters
from surveys.automation.act_words import SAID
from surveys.automation.known import Known, Names
from surveys.automation.models import Trigger
from surveys.customers.models import Property, PropertyType
from surveys.inbox.models import Priority

Stored = Mapping[str, Any]

MOST: Final = 20
MOST_MINUTES: Final = 90 * 24 * 60
LONGEST_SUBJECT: Final = 200
LONGEST_TEXT: Final = 5_000
LONGEST_NOTE: Final = 300
LONGEST_LINK_TEXT: Final = 80
LONGEST_ADDRESS: Final = 500
LONGEST_VALUE: Final = 500

_OF_RESPONSES: Final = frozenset({"tag", "thanks"})
_WITHOUT_RESPONSE: Final = frozenset({Trigger.SILENT})


@dataclass(frozen=True)
class Problem:
    """What is wrong with the act in this place (from 0; None: with the list as a whole), in words for its author."""

    position: int | None
    message: str


@dataclass(frozen=True)
class Kind:
    """`reaches`: whom it touches besides colleagues; `is_step`: it is done by a task, and has a row in the log."""

    key: str
    label: str | Promise
    about: str | Promise
    check: Callable[[Stored, Known], Iterator[str]]
    reaches_customer: bool = False
    is_step: bool = True


# ── Each kind ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _wait(act: Stored, known: Known) -> Iterator[str]:
    minutes: Any = act.get("minutes")
    if not _is_number(minutes) or not 1 <= minutes <= MOST_MINUTES:
        yield _("“%(value)s” is no time to wait: choose from 1 minute to 90 days.") % {"value": _short(minutes)}


def _email(act: Stored, known: Known) -> Iterator[str]:
    yield from _text(act, "subject", _("The subject of the mail"), LONGEST_SUBJECT)
    yield from _text(act, "text", _("The text of the mail"), LONGEST_TEXT)
    for name in ("subject", "text"):
        yield from letters.problems(str(act.get(name, "")))
    if act.get("from") == "user":
        yield from _one_of(act.get("user"), known.colleagues, _NO_COLLEAGUE, _CHOOSE_COLLEAGUE)
    elif act.get("from") not in ("organization", "owner"):
        yield _("Say in whose name the mail is sent.")
    used = letters.used(str(act.get("subject", "")), str(act.get("text", "")))
    if letters.REVIEW_LINK in used and not known.sites:
        yield _("The mail has a link to a review site, but there is none yet: add one, or take {{ review_link }} out.")
    if letters.REFERRAL_LINK in used and not known.refers:
        yield _(
            "The mail has a link to recommend you, but no page is set where friends land: set it among the referrals,"
            " or take {{ referral_link }} out."
        )


def _alert(act: Stored, known: Known) -> Iterator[str]:
    yield from _note(act)
    match act.get("to"):
        case "owner" | "assignee" | "admins":
            return
        case "team":
            yield from _one_of(act.get("team"), known.teams, _NO_TEAM, _CHOOSE_TEAM)
        case "users":
            users = act.get("users")
            if not isinstance(users, list) or not users:
                yield _("Choose who is told.")
                return
            for user in users:
                yield from _one_of(user, known.colleagues, _NO_COLLEAGUE, _CHOOSE_COLLEAGUE)
        case _:
            yield _("Say who is told.")


def _hook(act: Stored, known: Known) -> Iterator[str]:
    yield from _note(act)
    said = _("There is no connection “%(value)s” (any more). Choose another.")
    yield from _one_of(act.get("hook"), known.hooks, said, _("Choose a connection."))


def _open(act: Stored, known: Known) -> Iterator[str]:
    priority = act.get("priority")
    if priority is not None and priority not in Priority.values:
        yield _("“%(value)s” is no priority.") % {"value": _short(priority)}


def _assign(act: Stored, known: Known) -> Iterator[str]:
    match act.get("to"):
        case "user":
            yield from _answering(act.get("user"), known)
        case "turn" | "team":
            yield from _one_of(act.get("team"), known.teams, _NO_TEAM, _CHOOSE_TEAM)
        case "owner":
            if act.get("team") is not None:
                yield from _one_of(act.get("team"), known.teams, _NO_TEAM, _CHOOSE_TEAM)
        case _:
            yield _("Say to whom the conversation is assigned.")


def _answering(user: Any, known: Known) -> Iterator[str]:
    yield from _one_of(user, known.colleagues, _NO_COLLEAGUE, _CHOOSE_COLLEAGUE)
    if user in known.colleagues and user not in known.answering:
        said = _("%(name)s may not answer customers. Choose somebody else, or make them an agent.")
        yield said % {"name": known.colleagues[user]}


def _tag(act: Stored, known: Known) -> Iterator[str]:
    said = _("There is no tag “%(value)s” (any more). Choose another.")
    yield from _one_of(act.get("tag"), known.tags, said, _("Choose a tag."))


def _property(act: Stored, known: Known) -> Iterator[str]:
    declared = known.properties.get(str(act.get("property")))
    if not act.get("property"):
        yield _("Choose a property.")
    elif declared is None:
        said = _("There is no property “%(value)s” (any more). Choose another.")
        yield said % {"value": _short(act.get("property"))}
    elif not _fits(act.get("value"), declared):
        said = _("“%(value)s” does not fit the property %(property)s, which is: %(type)s.")
        yield said % {
            "value": _short(act.get("value")),
            "property": declared.label,
            "type": declared.get_type_display(),
        }


def _fits(value: object, declared: Property) -> bool:
    if value is None:
        return True
    if isinstance(value, bool):
        return declared.type == PropertyType.BOOLEAN
    if isinstance(value, int | float):
        return declared.type == PropertyType.NUMBER
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_VALUE:
        return False
    return declared.type == PropertyType.TEXT or (declared.type == PropertyType.DATE and _is_day(value))


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _thanks(act: Stored, known: Known) -> Iterator[str]:
    yield from _text(act, "text", _("The text of the link"), LONGEST_LINK_TEXT)
    match act.get("link"):
        case "url":
            yield from _address(act.get("url"))
        case "review":
            yield from _one_of(act.get("site"), known.sites, _NO_SITE, _("Choose a review site."))
        case "referral" if not known.refers:
            yield _("No page is set where friends land: set it among the referrals, or let the link lead elsewhere.")
        case "referral":
            return
        case _:
            yield _("Say where the link leads.")


def _address(url: object) -> Iterator[str]:
    parts = urlsplit(url) if isinstance(url, str) and len(url) <= LONGEST_ADDRESS else None
    if parts is None or parts.scheme not in ("https", "http") or not parts.hostname or " " in str(url):
        said = _("“%(value)s” is no address of a page. Write it like https://www.example.com/offer.")
        yield said % {"value": _short(url)}


KINDS: Final[dict[str, Kind]] = {
    kind.key: kind
    for kind in (
        Kind(
            "email",
            gettext_lazy("Write to the customer"),
            gettext_lazy("A plain, personal mail. At most a few in some days for each customer, and not at night."),
            _email,
            reaches_customer=True,
        ),
        Kind(
            "alert",
            gettext_lazy("Tell colleagues"),
            gettext_lazy("By the bell, and by mail as each has chosen."),
            _alert,
        ),
        Kind("hook", gettext_lazy("Post to Slack or a webhook"), gettext_lazy("To one of your connections."), _hook),
        Kind(
            "open",
            gettext_lazy("Open a conversation"),
            gettext_lazy("In the inbox, with a time by which it is answered. There is one for each response."),
            _open,
        ),
        Kind(
            "assign",
            gettext_lazy("Assign the conversation"),
            gettext_lazy("To a colleague, to the next in turn, or to who owns the customer. Opened if there is none."),
            _assign,
        ),
        Kind("tag", gettext_lazy("Tag the response"), gettext_lazy("Tags can be filtered and counted by."), _tag),
        Kind(
            "property",
            gettext_lazy("Set a property of the customer"),
            gettext_lazy("A segment that asks about the property has them from then on."),
            _property,
        ),
        Kind(
            "thanks",
            gettext_lazy("Show a link when they have answered"),
            gettext_lazy("On the page that thanks them, at once."),
            _thanks,
            reaches_customer=True,
            is_step=False,
        ),
        Kind("wait", gettext_lazy("Wait"), gettext_lazy("All that follows is done later."), _wait, is_step=False),
    )
}


# ── All of a rule ────────────────────────────────────────────────────────────────────────────────────────────────────


def problems(actions: Sequence[Any], trigger: str, known: Known) -> list[Problem]:
    """What its author should mend, with the place of each; empty when the rule can be switched on."""
    found = [Problem(n, message) for n, act in enumerate(actions) for message in _problems_of(act, trigger, known)]
    return [*found, *(Problem(None, message) for message in _of_all(actions))]


def _problems_of(act: Any, trigger: str, known: Known) -> Iterator[str]:
    kind = KINDS.get(str(act.get("kind"))) if isinstance(act, dict) else None
    if kind is None:
        yield _("“%(value)s” is nothing that a rule can do.") % {
            "value": _short(act.get("kind") if isinstance(act, dict) else act)
        }
        return
    if kind.key in _OF_RESPONSES and trigger in _WITHOUT_RESPONSE:
        yield _("“%(act)s” needs an answer, but this rule is about people who gave none.") % {"act": kind.label}
    yield from kind.check(act, known)


def _of_all(actions: Sequence[Any]) -> Iterator[str]:
    kinds = [act.get("kind") for act in actions if isinstance(act, dict)]
    if not any(kind != "wait" for kind in kinds):
        yield _("The rule does nothing yet: add something that it does.")
    elif kinds[-1] == "wait":
        yield _("The rule waits at its end, and nothing follows: take the waiting out, or add what comes then.")
    if len(actions) > MOST:
        yield _("A rule does at most %(most)d things; this one has %(count)d.") % {"most": MOST, "count": len(actions)}


def said(act: Stored, known: Known) -> str:
    """One act in words: "Write to the customer: “We are sorry”, in the name of who owns them"."""
    kind = KINDS.get(str(act.get("kind")))
    if kind is None:
        return str(act.get("kind"))
    more = SAID[kind.key](act, known)
    return _("%(act)s: %(more)s") % {"act": kind.label, "more": more} if more else str(kind.label)


@dataclass(frozen=True)
class Step:
    """An act that a task does, in its place in `actions`, so many minutes after the rule fired."""

    position: int
    kind: str
    minutes: int


def steps(actions: Sequence[Stored]) -> list[Step]:
    found, minutes = [], 0
    for position, act in enumerate(actions):
        if act["kind"] == "wait":
            minutes += act["minutes"]
        elif KINDS[act["kind"]].is_step:
            found.append(Step(position, act["kind"], minutes))
    return found


# ── Pieces ───────────────────────────────────────────────────────────────────────────────────────────────────────────

_NO_COLLEAGUE: Final = gettext_lazy("There is no colleague “%(value)s” (any more). Choose another.")
_NO_TEAM: Final = gettext_lazy("There is no team “%(value)s” (any more). Choose another.")
_NO_SITE: Final = gettext_lazy(
    "There is no review site “%(value)s” (any more). Choose another, or take it out of the archive."
)
_CHOOSE_COLLEAGUE: Final = gettext_lazy("Choose a colleague.")
_CHOOSE_TEAM: Final = gettext_lazy("Choose a team.")


def _one_of(value: Any, known: Names, message: str | Promise, missing: str | Promise) -> Iterator[str]:
    """`missing` where nothing was chosen yet, `message` where what was chosen is not there."""
    if value in (None, ""):
        yield str(missing)
    elif not _is_number(value):
        yield str(message) % {"value": _short(value)}
    elif value not in known:
        former = known.former(value)
        yield (
            str(message) % {"value": _short(former)}
            if former
            else _("What was chosen is not there any more. %(way_out)s") % {"way_out": missing}
        )


def _text(act: Stored, name: str, what: str, longest: int) -> Iterator[str]:
    text = act.get(name)
    if not isinstance(text, str) or not text.strip():
        yield _("%(what)s is missing.") % {"what": what}
    elif len(text) > longest:
        said = _("%(what)s has %(count)d characters; at most %(most)d are possible.")
        yield said % {"what": what, "count": len(text), "most": longest}


def _note(act: Stored) -> Iterator[str]:
    note = act.get("note", "")
    if not isinstance(note, str) or len(note) > LONGEST_NOTE:
        yield _("The note can have at most %(most)d characters.") % {"most": LONGEST_NOTE}


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _short(value: object) -> str:
    text = "" if value is None else str(value)
    return (text if len(text) <= 60 else text[:59] + "…") or "…"
