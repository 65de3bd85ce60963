"""What the check before a launch says: when it goes out, and of each person why they get it or not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.accounts import access
from surveys.campaigns.models import Campaign, Kind, Trigger
from surveys.core.periods import ONE_DAY
from surveys.customers.models import Customer
from surveys.delivery.models import Reason
from surveys.delivery.reasons import Facts, Sense, Sentence, sentence

COMING: Final = 30  # days of dates that the check looks at


class Foreseen(Protocol):
    """See delivery.queries.Foreseen."""

    @property
    def customer(self) -> Customer: ...
    @property
    def reason(self) -> Reason: ...
    @property
    def until(self) -> datetime | None: ...
    @property
    def due_at(self) -> datetime | None: ...
    @property
    def blocker(self) -> Campaign | None: ...


# ── When ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class When:
    """`days` are (day, people) as they go out, the daily cap considered; `sentences` say the same in short."""

    sentences: list[str]
    days: list[tuple[date, int]]
    a_week: float | None
    last_day: date | None


def when(campaign: Campaign, by_day: Sequence[tuple[date, int]], events: tuple[int, int], today: date) -> When:
    """`by_day` is what a launch now would make due; `events` how often in 30 days, and to how many, what it waits for
    happened."""
    if campaign.kind == Kind.TRIGGERED and campaign.trigger == Trigger.EVENT:
        return _awaited(campaign, events)
    if campaign.kind == Kind.TRIGGERED:
        by_day = [(day, count) for day, count in by_day if day < today + timedelta(days=COMING)]
    days = spread(dict(by_day), campaign.daily_cap)
    total = sum(count for _day, count in days)
    if campaign.kind == Kind.ONE_OFF:
        return When(_once(days), days, None, days[-1][0] if days else None)
    length = (campaign.every_days or 1) if campaign.kind == Kind.RECURRING else COMING
    return When(_again(campaign, days, length), days, 7 * total / length, None)


def spread(days: Mapping[date, int], cap: int | None) -> list[tuple[date, int]]:
    """What is more than a campaign may send on a day waits for the next."""
    if cap is None or not days:
        return sorted(days.items())
    told, waiting, day = [], 0, min(days)
    while waiting or day <= max(days):
        waiting += days.get(day, 0)
        if waiting:
            told.append((day, min(cap, waiting)))
        waiting -= min(cap, waiting)
        day += ONE_DAY
    return told


def _awaited(campaign: Campaign, events: tuple[int, int]) -> When:
    count, people = events
    values = {"event": campaign.event_kind, "n": _number(count), "people": _number(people), "days": COMING}
    told = _(
        "It asks when “%(event)s” happens. The figures beside say who would be asked if it happened to everybody now."
    )
    lately = ngettext(
        "In the last %(days)s days it happened %(n)s time, to %(people)s of your customers.",
        "In the last %(days)s days it happened %(n)s times, to %(people)s of your customers.",
        count,
    )
    never = _("It did not happen in the last %(days)s days. Check its name, or that the events arrive.")
    return When([told % values, (lately if count else never) % values], [], 7 * people / COMING, None)


def _once(days: Sequence[tuple[date, int]]) -> list[str]:
    if not days:
        return []
    if len(days) == 1:
        return [_("All of it goes out on %(day)s.") % {"day": said_day(days[0][0])}]
    values = {"first": said_day(days[0][0]), "last": said_day(days[-1][0]), "n": len(days)}
    return [_("The first go out on %(first)s, the last on %(last)s; %(n)d days in all.") % values]


def _again(campaign: Campaign, days: Sequence[tuple[date, int]], length: int) -> list[str]:
    total = sum(count for _day, count in days)
    values = {
        "length": length,
        "n": _number(total),
        "a_day": _number(round(total / length)) if total >= length else "< 1",
    }
    if campaign.kind == Kind.RECURRING:
        text = ngettext(
            "In the first cycle of %(length)d day %(n)s people have their turn, about %(a_day)s a day.",
            "In the first cycle of %(length)d days %(n)s people have their turn, about %(a_day)s a day.",
            length,
        )
    else:
        text = _("In the coming %(length)d days %(n)s people have their date, about %(a_day)s a day.")
    ends = [_("The first on %(first)s.") % {"first": said_day(days[0][0])}] if days else []
    return [text % values, *ends]


def said_day(day: date) -> str:
    return date_format(day, "j F Y", use_l10n=False)


def _number(number: int) -> str:
    return str(number_format(number, force_grouping=True))


# ── Who ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Line:
    """One reason, with how many it holds for."""

    label: str
    meaning: str | Promise
    count: int
    url: str
    examples: list[Customer]


def lines(
    campaign: Campaign,
    reasons: Iterable[tuple[Reason, int]],
    examples: Mapping[Reason, list[Customer]],
    meanings: Mapping[Reason, str | Promise],
) -> list[Line]:
    address = access.url(campaign.organization, "campaigns:foreseen", pk=campaign.pk)
    return [
        Line(
            _("Gets it") if reason is Reason.INVITED else str(reason.label),
            meanings.get(reason, ""),
            count,
            f"{address}?reason={reason.value}",
            examples.get(reason, []),
        )
        for reason, count in reasons
    ]


@dataclass(frozen=True)
class Told:
    """One person and why; `when` in the customer's own time."""

    customer: Customer
    text: SafeString | str
    when: str
    reason: Reason | None


def told(each: Foreseen, zone_name: str, *, at: datetime, is_plain: bool = False) -> Told:
    """`zone_name` is the organization's, for customers whose own is not known."""
    said = _sentence(each, ZoneInfo(zone_name), at)
    url = each.blocker.get_absolute_url() if each.blocker else ""
    text = str(said) if is_plain else said.linked(campaign=url)
    when = _local(each.due_at, each.customer.time_zone, zone_name) if each.due_at else ""
    return Told(each.customer, text, when, each.reason)


def not_in_audience(customer: Customer) -> Told:
    return Told(customer, _("Does not get it: not in the audience."), "", None)


def _sentence(each: Foreseen, zone: ZoneInfo, at: datetime) -> Sentence:
    if each.reason is Reason.INVITED:
        return sentence(each.reason, Sense.BEFORE)
    asked = each.customer.last_asked_at
    days = (at - asked).days if asked and asked <= at and each.reason is Reason.THROTTLED else None
    until = said_day(each.until.astimezone(zone).date()) if each.until else ""
    return sentence(each.reason, Sense.BEFORE, Facts(until, each.blocker.name if each.blocker else "", days))


def _local(moment: datetime, own: str, zone_name: str) -> str:
    """With the zone's name where it is not the organization's."""
    try:
        zone = ZoneInfo(own or zone_name)
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo(zone_name)
    text = str(date_format(moment.astimezone(zone), "j M Y, H:i", use_l10n=False))
    return text if zone.key == zone_name else f"{text} ({zone.key})"


def rate_of(text: str) -> float | None:
    """A percentage that somebody typed, as a share; None for what is none."""
    try:
        share = float(text.replace(",", ".").strip(" %")) / 100
    except ValueError:
        return None
    return share if 0 < share <= 1 else None
