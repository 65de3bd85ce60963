"""What the timeline of a customer's record tells of their conversations. Contributed in surveys/subscriptions.py."""

from collections.abc import Iterable
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.core.timeline import Happening, Part
from surveys.customers.models import Customer
from surveys.customers.record_entries import Entry, Group, Names, Source
from surveys.inbox import rich
from surveys.inbox.models import CloseReason, MessageKind

_LONGEST: Final = 400  # characters of a message that are shown

# Mails of rules are told here when they stand in a conversation, else by automation.
_TIMELINE: Final = f"""
    SELECT h.at, 'conversation', h.id, jsonb_build_object('conversation', v.id, 'what', h.kind, 'actor', h.actor_id,
        'rule', h.rule_id, 'reason', h.facts ->> 'reason', 'to', h.facts -> 'to', 'team', t.name)
    FROM surveys_conversation v JOIN surveys_conversationchange h ON h.conversation_id = v.id
    LEFT JOIN surveys_team t ON t.id = (h.facts ->> 'team')::bigint AND t.organization_id = v.organization_id
    WHERE v.organization_id = %(organization)s AND v.customer_id = %(customer)s AND h.kind = ANY(%(conversation_kinds)s)
    UNION ALL
    SELECT m.at, 'wrote', m.id, jsonb_build_object('conversation', v.id, 'what', m.kind, 'author', m.author_id,
        'text', left(m.text, {_LONGEST + 1}), 'state', d.state, 'reason', d.reason, 'automatic', m.is_automatic,
        'from', m.from_address, 'stranger', m.is_from_another)
    FROM surveys_conversation v JOIN surveys_message m ON m.conversation_id = v.id
    LEFT JOIN surveys_delivery d ON d.id = m.delivery_id
    WHERE v.organization_id = %(organization)s AND v.customer_id = %(customer)s
"""
_DONE: Final[dict[str, tuple[str | Promise, str]]] = {
    "opened": (gettext_lazy("Conversation opened"), ""),
    "assigned": (gettext_lazy("Conversation assigned"), ""),
    "closed": (gettext_lazy("Conversation closed"), "done"),
    "reopened": (gettext_lazy("Conversation opened again"), ""),
    "overdue": (gettext_lazy("The answer was overdue"), "failed"),
    "escalated": (gettext_lazy("Handed up: it was overdue for too long"), "failed"),
}
_WROTE: Final[dict[str, str | Promise]] = {
    MessageKind.REPLY: gettext_lazy("Reply by email"),
    MessageKind.AUTOMATIC: gettext_lazy("Automatic mail"),
    MessageKind.INBOUND: gettext_lazy("The customer wrote"),
    MessageKind.BY_HAND: gettext_lazy("The customer wrote (added by hand)"),
    MessageKind.NOTE: gettext_lazy("Internal note"),
}
_OURS: Final = (MessageKind.REPLY, MessageKind.AUTOMATIC, MessageKind.NOTE)  # written with marks for bold and the like
_STATES: Final[dict[str, str | Promise]] = {
    "due": gettext_lazy("Not sent yet."),
    "uncertain": gettext_lazy("It may or may not have arrived."),
    "failed": gettext_lazy("It could not be sent."),
    "cancelled": gettext_lazy("It was taken back."),
    "expired": gettext_lazy("It was not sent in time."),
}
_LOST: Final = ("failed", "cancelled", "expired")


def _part(customer: Customer) -> Part:
    params: dict[str, Any] = {"organization": customer.organization_id, "customer": customer.pk}
    return Part(_TIMELINE, params | {"conversation_kinds": list(_DONE)})


def _done(each: Happening, names: Names) -> Entry:
    details = each.details
    text, mark = _DONE[details["what"]]
    by = names.name(details["actor"]) or (_("a rule") if details["rule"] else "")
    return Entry(
        each.at, str(text), mark=mark, note=_about(details, names), by=by, conversation=details["conversation"]
    )


def _about(details: dict[str, Any], names: Names) -> str:
    if details["what"] == "assigned":
        whom = [name for name in (names.name(details["to"]), details["team"]) if name]
        return _("To %(whom)s") % {"whom": ", ".join(whom)} if whom else _("To nobody")
    if details["what"] == "closed" and details["reason"] in CloseReason.values:
        return str(CloseReason(details["reason"]).label)
    return ""


def _wrote(each: Happening, names: Names) -> Entry:
    details = each.details
    text = _WROTE.get(details["what"], details["what"])
    if details["automatic"] and details["what"] == MessageKind.INBOUND:
        text = _("Automatic reply of the customer's mailbox")
    return Entry(
        each.at,
        str(text),
        mark="failed" if details["state"] in _LOST else "done" if details["state"] == "sent" else "",
        quote=_shortened(rich.plain(details["text"]) if details["what"] in _OURS else details["text"]),
        note=_became(details),
        by=names.name(details["author"]),
        conversation=details["conversation"],
    )


def _became(details: dict[str, Any]) -> str:
    said = [str(_STATES[details["state"]])] if details["state"] in _STATES else []
    if details["stranger"]:
        said.append(_("From %(address)s, which is not the customer's address.") % {"address": details["from"]})
    return " ".join([*said, details["reason"] or ""]).strip()


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _people(each: Happening) -> Iterable[int | None]:
    return [each.details.get(name) for name in ("actor", "to", "author")]


SOURCE: Final = Source(Group.CONVERSATIONS, _part, {"conversation": _done, "wrote": _wrote}, _people)
