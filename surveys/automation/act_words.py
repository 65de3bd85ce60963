"""What is said of an act beside its name: whom it is for, how long, which tag. What is gone is called what it was called."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.automation.known import Known, Names
from surveys.inbox.models import Priority

Stored = Mapping[str, Any]

_HOUR: Final = 60
_DAY: Final = 24 * 60


def duration(minutes: int) -> str:
    """In the largest unit that it fills."""
    if minutes % _DAY == 0:
        return ngettext("%(n)d day", "%(n)d days", minutes // _DAY) % {"n": minutes // _DAY}
    if minutes % _HOUR == 0:
        return ngettext("%(n)d hour", "%(n)d hours", minutes // _HOUR) % {"n": minutes // _HOUR}
    return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}


def _wait(act: Stored, known: Known) -> str:
    minutes = act.get("minutes")
    return duration(minutes) if isinstance(minutes, int) else ""


def _email(act: Stored, known: Known) -> str:
    if act.get("from") == "user":
        who = _name(known.colleagues, act.get("user"))
    else:
        who = _("who owns the customer") if act.get("from") == "owner" else _("your organization")
    return _("“%(subject)s”, in the name of %(who)s") % {"subject": act.get("subject", ""), "who": who}


def _alert(act: Stored, known: Known) -> str:
    match act.get("to"):
        case "users":
            return ", ".join(_name(known.colleagues, user) for user in act.get("users", ()))
        case "team":
            return _("team %(team)s") % {"team": _name(known.teams, act.get("team"))}
        case "assignee":
            return _("whose conversation it is")
        case "admins":
            return _("owners and admins")
    return _("who owns the customer, or else owners and admins")


def _hook(act: Stored, known: Known) -> str:
    return _name(known.hooks, act.get("hook"))


def _open(act: Stored, known: Known) -> str:
    priority = act.get("priority")
    if priority not in Priority.values:
        return ""
    return _("priority %(priority)s") % {"priority": Priority(int(priority or 0)).label}


def _assign(act: Stored, known: Known) -> str:
    team = _name(known.teams, act.get("team"))
    match act.get("to"):
        case "user":
            return _name(known.colleagues, act.get("user"))
        case "turn":
            return _("the next in turn of team %(team)s") % {"team": team}
        case "team":
            return _("team %(team)s") % {"team": team}
    if act.get("team") is not None:
        return _("who owns the customer, or else the next in turn of team %(team)s") % {"team": team}
    return _("who owns the customer")


def _tag(act: Stored, known: Known) -> str:
    return _name(known.tags, act.get("tag"))


def _property(act: Stored, known: Known) -> str:
    declared = known.properties.get(str(act.get("property")))
    label = declared.label if declared else str(act.get("property"))
    value = act.get("value")
    if value is None:
        return _("%(property)s is not known any more") % {"property": label}
    shown = {True: _("yes"), False: _("no")}.get(value, value) if isinstance(value, bool) else value
    return _("%(property)s is “%(value)s”") % {"property": label, "value": shown}


def _thanks(act: Stored, known: Known) -> str:
    match act.get("link"):
        case "review":
            where = _name(known.sites, act.get("site"))
        case "referral":
            where = _("their own link to recommend you")
        case _:
            where = str(act.get("url", ""))
    return _("“%(text)s” → %(where)s") % {"text": act.get("text", ""), "where": where}


def _name(names: Names, key: object) -> str:
    if not isinstance(key, int):
        return "…"
    return names.get(key) or gone(names, key)


def gone(names: Names, key: int) -> str:
    """Of what is not there any more."""
    former = names.former(key)
    return _("%(name)s (not there any more)") % {"name": former} if former else _("one that is not there any more")


SAID: Final[dict[str, Callable[[Stored, Known], str]]] = {
    "wait": _wait,
    "email": _email,
    "alert": _alert,
    "hook": _hook,
    "open": _open,
    "assign": _assign,
    "tag": _tag,
    "property": _property,
    "thanks": _thanks,
}
