"""What the page of a running campaign says: its funnel, what comes next, how it ends, its versions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.accounts import access
from surveys.accounts import queries as accounts
from surveys.accounts.models import AuditEntry
from surveys.campaigns.models import Campaign, CampaignVersion, Kind
from surveys.core import charts


class Standing(Protocol):
    """What delivery knows: see delivery.standing."""

    @property
    def next_due(self) -> datetime | None: ...
    @property
    def next_free(self) -> datetime | None: ...
    @property
    def next_reminder(self) -> datetime | None: ...


class Funnel(Protocol):
    """What rollups know: see analytics.counting.funnels."""

    @property
    def sent(self) -> int: ...
    @property
    def delivered(self) -> int: ...
    @property
    def answered(self) -> int: ...
    @property
    def commented(self) -> int: ...


@dataclass(frozen=True)
class Figure:
    """A count that leads to the people behind it."""

    label: str | Promise
    count: int
    url: str
    meaning: str | Promise = ""


LABELS: Final = {
    "due": gettext_lazy("Due"),
    "sent": gettext_lazy("Sent"),
    "delivered": gettext_lazy("Delivered"),
    "opened": gettext_lazy("Survey opened"),
    "answered": gettext_lazy("Answered"),
    "commented": gettext_lazy("Commented"),
    "bounced": gettext_lazy("Bounced"),
    "complained": gettext_lazy("Complained"),
    "unsubscribed": gettext_lazy("Unsubscribed"),
    "failed": gettext_lazy("Failed"),
    "cancelled": gettext_lazy("Not sent"),
}


def people_url(campaign: Campaign, **query: str) -> str:
    address = access.url(campaign.organization, "campaigns:people", pk=campaign.pk)
    return address + "?" + "&".join(f"{name}={value}" for name, value in query.items())


def funnel(campaign: Campaign, found: Funnel, opened: int) -> charts.Funnel:
    """Those that happen one after the other. Who has no script and answers by the mail itself may not have opened it."""
    counts = {
        "sent": found.sent,
        "delivered": found.delivered,
        "opened": max(opened, found.answered),
        "answered": found.answered,
        "commented": found.commented,
    }
    return charts.funnel([(str(LABELS[k]), count, people_url(campaign, step=k)) for k, count in counts.items()])


def others(campaign: Campaign, counts: Mapping[str, int]) -> list[Figure]:
    """What stands beside the funnel, as far as there is any."""
    return [Figure(LABELS[step], count, people_url(campaign, step=step)) for step, count in counts.items() if count]


def left_out(campaign: Campaign, reasons: Mapping[Any, int], meanings: Mapping[Any, str | Promise]) -> list[Figure]:
    return [
        Figure(reason.label, count, people_url(campaign, reason=reason.value), meanings.get(reason, ""))
        for reason, count in reasons.items()
    ]


# ── What comes ───────────────────────────────────────────────────────────────────────────────────────────────────────


def upcoming(campaign: Campaign, found: Standing, at: datetime) -> list[str]:
    """What happens next, in sentences; nothing of what is over."""
    if not (campaign.is_live or campaign.is_paused):
        return []
    moments = [
        (found.next_due, _("The next messages are due on %s.")),
        (found.next_free, _("The next of those who wait are decided about on %s.")),
        (found.next_reminder, _("The next reminders are due on %s.")),
    ]
    zone = ZoneInfo(campaign.organization.time_zone)
    return [text % said_moment(moment, zone) for moment, text in moments if moment and moment > at]


def ending(campaign: Campaign, last: date | None, answered: int) -> list[str]:
    """How it ends, as far as that is known."""
    if not (campaign.is_live or campaign.is_paused):
        return []
    told = []
    if campaign.response_target:
        values = {"n": number_format(answered, force_grouping=True), "all": _number(campaign.response_target)}
        told.append(_("It ends with %(all)s counted answers; there are %(n)s.") % values)
    if campaign.ends_at:
        zone = ZoneInfo(campaign.organization.time_zone)
        told.append(_("It ends on %s at the latest.") % said_moment(campaign.ends_at, zone))
    if campaign.kind == Kind.ONE_OFF and last:
        told.append(_("What is known of now is probably done on %s, reminders included.") % said_day(last))
    elif campaign.kind != Kind.ONE_OFF and not told:
        told.append(_("It goes on until somebody ends it."))
    return told


def said_day(day: date) -> str:
    return date_format(day, "j F Y", use_l10n=False)


def said_moment(moment: datetime, zone: ZoneInfo) -> str:
    return date_format(moment.astimezone(zone), "j F Y, H:i", use_l10n=False)


def _number(number: int) -> str:
    return str(number_format(number, force_grouping=True))


# ── Versions ─────────────────────────────────────────────────────────────────────────────────────────────────────────
NAMES: Final[dict[str, str | Promise]] = {
    "name": gettext_lazy("name"),
    "kind": gettext_lazy("kind"),
    "audience": gettext_lazy("audience"),
    "exclusions": gettext_lazy("exclusions"),
    "event_conditions": gettext_lazy("conditions about the event"),
    "late_days": gettext_lazy("how late it may ask"),
    "throttle_days": gettext_lazy("days between asks"),
    "priority": gettext_lazy("priority"),
    "sample_share": gettext_lazy("sample"),
    "daily_cap": gettext_lazy("limit per day"),
    "total_cap": gettext_lazy("limit of people"),
    "response_target": gettext_lazy("target of answers"),
    "send_from": gettext_lazy("sending hours"),
    "send_until": gettext_lazy("sending hours"),
    "send_days": gettext_lazy("weekdays"),
    "begins_at": gettext_lazy("start"),
    "ends_at": gettext_lazy("end"),
    "reminders": gettext_lazy("reminders"),
    "reminder_days": gettext_lazy("reminders"),
    "answer_window_days": gettext_lazy("how long answers are taken"),
    "subject": gettext_lazy("subject"),
    "intro": gettext_lazy("introduction"),
    "question": gettext_lazy("question"),
    "low_label": gettext_lazy("labels of the scale"),
    "high_label": gettext_lazy("labels of the scale"),
    "comment_prompt": gettext_lazy("comment question"),
    "prompts": gettext_lazy("comment question"),
    "thanks_promoter": gettext_lazy("thanks"),
    "thanks_passive": gettext_lazy("thanks"),
    "thanks_detractor": gettext_lazy("thanks"),
    "questions": gettext_lazy("further questions"),
    "design_questions": gettext_lazy("further questions"),
    "links": gettext_lazy("links after the answer"),
    "design_links": gettext_lazy("links after the answer"),
    "variants": gettext_lazy("variants"),
    "design_variants": gettext_lazy("variants"),
    "design_sender_name": gettext_lazy("sender"),
    "design_reply_to": gettext_lazy("reply address"),
    "design_brand_color": gettext_lazy("colour"),
    "languages": gettext_lazy("languages"),
}


@dataclass(frozen=True)
class Version:
    number: int
    at: datetime
    by: str
    changed: str
    sent: int


def versions(
    campaign: Campaign, rows: Sequence[CampaignVersion], edits: Iterable[AuditEntry], sent: Mapping[int, int]
) -> list[Version]:
    """Newest first; none while there was only one. `edits` are those of the audit trail, which say what changed."""
    if campaign.version < 2:
        return []
    changed = {entry.details.get("version"): entry.details.get("changed", {}) for entry in edits}
    people = accounts.people(row.created_by_id for row in rows)
    return [
        Version(
            number=row.number,
            at=row.created_at,
            by=str(people.get(row.created_by_id or 0, "")),
            changed=_changed(changed.get(row.number, {})),
            sent=sent.get(row.number, 0),
        )
        for row in rows
    ]


def _changed(names: Iterable[str]) -> str:
    """Each thing once, in the order of the form; a text in another language is a change of languages."""
    known = [NAMES["languages"] if "(" in name else NAMES.get(name, name) for name in names]
    return ", ".join(dict.fromkeys(str(name) for name in known))
