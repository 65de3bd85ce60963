"""The rules of a campaign in plain words: one sentence for whom and when, and one for each rule beside it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.formats import date_format, number_format, time_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.accounts.models import Organization
from surveys.campaigns.models import ALL_DAYS, EVERYBODY, Kind, Priority, Trigger
from surveys.campaigns.rules import Rules
from surveys.core import weekdays as days_of_week

_DAY: Final = 24 * 60


@dataclass(frozen=True)
class Known:
    """What the words need and the rules do not say: the label of the date property, the conditions on events as a
    sentence, and how many people of the audience can be asked now (None: not counted)."""

    date_label: str = ""
    event_conditions: str = ""
    reach: int | None = None


@dataclass(frozen=True)
class Meaning:
    main: str
    others: tuple[str, ...]


def meaning(rules: Rules, organization: Organization, known: Known) -> Meaning:
    return Meaning(_main(rules, organization, known), tuple(_others(rules, organization)))


def _main(rules: Rules, organization: Organization, known: Known) -> str:
    parts = [_whom(rules, known), per_day(rules, known.reach), _beginning(rules, organization), hours(rules)]
    return _(", ").join(part for part in parts if part) + "."


# ── Whom and after what ──────────────────────────────────────────────────────────────────────────────────────────────


def _whom(rules: Rules, known: Known) -> str:
    if rules.kind == Kind.RECURRING:
        said = ngettext(
            "Asks everyone in the audience once every day",
            "Asks everyone in the audience once every %(n)d days",
            rules.every_days or 1,
        )
        return said % {"n": rules.every_days}
    if rules.kind == Kind.TRIGGERED:
        return _after_event(rules, known) if rules.trigger == Trigger.EVENT else _around_date(rules, known)
    return _("Asks everyone in the audience once")


def _after_event(rules: Rules, known: Known) -> str:
    words = {"event": rules.event_kind, "delay": _delay(rules.delay_minutes), "where": known.event_conditions}
    if rules.delay_minutes and known.event_conditions:
        return _("Asks %(delay)s after “%(event)s”, if %(where)s") % words
    if rules.delay_minutes:
        return _("Asks %(delay)s after “%(event)s”") % words
    if known.event_conditions:
        return _("Asks right after “%(event)s”, if %(where)s") % words
    return _("Asks right after “%(event)s”") % words


def _around_date(rules: Rules, known: Known) -> str:
    words = {"delay": _delay(abs(rules.delay_minutes)), "date": known.date_label or rules.date_property}
    if not rules.delay_minutes:
        return _("Asks on the day of “%(date)s”") % words
    if rules.delay_minutes < 0:
        return _("Asks %(delay)s before “%(date)s”") % words
    return _("Asks %(delay)s after “%(date)s”") % words


def _delay(minutes: int) -> str:
    if minutes % _DAY == 0:
        days = minutes // _DAY
        return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
    if minutes % 60 == 0:
        hours = minutes // 60
        return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
    return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}


def per_day(rules: Rules, reach: int | None) -> str:
    """Of what recurs: how many that is a day, for so many people who can be asked."""
    if rules.kind != Kind.RECURRING or reach is None:
        return ""
    mean = Decimal(reach * rules.sample_share) / EVERYBODY / (rules.every_days or 1)
    if not mean:
        return _("nobody at the moment")
    if mean < 1:
        return _("less than one a day")
    return _("about %(number)s a day") % {"number": number_format(round(mean), use_l10n=True, force_grouping=True)}


# ── When ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _beginning(rules: Rules, organization: Organization) -> str:
    if rules.begins_at:
        return _("from %(when)s on") % {"when": moment(rules.begins_at, organization)}
    return _("as soon as it is launched") if rules.kind == Kind.ONE_OFF else ""


def moment(at: datetime, organization: Organization) -> str:
    """On the organization's clock."""
    local = at.astimezone(ZoneInfo(organization.time_zone))
    return f"{date_format(local, 'j F Y')}, {time_format(local, 'H:i')}"


def hours(rules: Rules) -> str:
    """The days of the week and the hours, in the customer's time; nothing when it may be any of them."""
    days = weekdays(rules.send_days)
    if rules.send_from is None or rules.send_until is None:
        return _("%(days)s in the customer’s time") % {"days": days} if days else ""
    words = {"days": days, "from": time_format(rules.send_from, "H:i"), "until": time_format(rules.send_until, "H:i")}
    if days:
        return _("%(days)s %(from)s–%(until)s in the customer’s time") % words
    return _("%(from)s–%(until)s in the customer’s time") % words


def weekdays(bits: int) -> str:
    """ "Monday–Friday", "Monday, Wednesday"; nothing for all of them."""
    return "" if bits == ALL_DAYS else days_of_week.said(bits)


# ── Beside it ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _others(rules: Rules, organization: Organization) -> Iterator[str]:
    yield _gap(rules, organization)
    if rules.sample_share != EVERYBODY:
        share = f"{(Decimal(rules.sample_share) / 100).normalize():f}"
        yield _("Only %(share)s %% of the audience, always the same people.") % {"share": share}
    if rules.kind == Kind.TRIGGERED:
        yield _late(rules)
    yield from _limits(rules)
    if rules.priority != Priority.NORMAL:
        yield _("Priority: %(priority)s.") % {"priority": str(Priority(rules.priority).label).lower()}
    if rules.reminders:
        words = {"n": rules.reminders, "days": _delay(rules.reminder_days * _DAY)}
        said = ngettext(
            "%(n)d reminder to those who have not answered, after %(days)s.",
            "Up to %(n)d reminders to those who have not answered, %(days)s apart.",
            rules.reminders,
        )
        yield said % words
    if rules.ends_at:
        yield _("Ends on %(when)s.") % {"when": moment(rules.ends_at, organization)}


def _gap(rules: Rules, organization: Organization) -> str:
    gap = max(organization.throttle_days, rules.throttle_days or 0)
    if not gap:
        return _("Also those who were asked recently.")
    if rules.kind == Kind.RECURRING and (rules.every_days or 0) < gap:
        said = _("A person is left alone for %(gap)d days after each ask: more often than that nobody is asked.")
        return said % {"gap": gap}
    said = ngettext(
        "Who was asked by any campaign less than a day before gets it later.",
        "Who was asked by any campaign less than %(gap)d days before gets it later.",
        gap,
    )
    return said % {"gap": gap}


def _late(rules: Rules) -> str:
    if not rules.late_days:
        return _("Who cannot be asked on that day is not asked.")
    said = ngettext(
        "Who cannot be asked within a day of that is not asked.",
        "Who cannot be asked within %(n)d days of that is not asked.",
        rules.late_days,
    )
    return said % {"n": rules.late_days}


def _limits(rules: Rules) -> Iterator[str]:
    if rules.daily_cap:
        yield ngettext("At most %(n)d a day.", "At most %(n)d a day.", rules.daily_cap) % {"n": rules.daily_cap}
    if rules.total_cap:
        yield ngettext("At most %(n)d in all.", "At most %(n)d in all.", rules.total_cap) % {"n": rules.total_cap}
    if rules.response_target:
        said = ngettext("Ends with %(n)d answer.", "Ends with %(n)d answers.", rules.response_target)
        yield said % {"n": rules.response_target}
