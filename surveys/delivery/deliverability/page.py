"""The page "Deliverability": counts turned into figures, charts, rows of a table and what to do. Worked out in Python."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.accounts import access
from surveys.accounts.models import Membership, Organization
from surveys.campaigns.models import Campaign
from surveys.core import charts
from surveys.core.periods import ONE_DAY, Period, Preset, local_day
from surveys.core.proportions import Rate
from surveys.delivery.deliverability import findings, queries, rates, words
from surveys.delivery.deliverability.findings import Finding
from surveys.delivery.deliverability.queries import Names, Road
from surveys.delivery.deliverability.rates import Level, Limits, Tally
from surveys.delivery.models import MailHealth

PERIODS = (Preset.WEEK, Preset.MONTH, Preset.QUARTER)


@dataclass(frozen=True)
class Choice:
    label: str
    url: str
    is_current: bool


@dataclass(frozen=True)
class Figure:
    """A rate as a card shows it. `level` is None for one without a limit."""

    label: str
    value: str
    counts: str
    range: str
    level: Level | None
    limits: str


@dataclass(frozen=True)
class Row:
    """One provider, one domain, or all others."""

    name: str
    note: str
    tally: Tally
    bounces: str
    bounce_level: Level
    complaints: str
    complaint_level: Level
    unsubscribes: str


@dataclass(frozen=True)
class Page:
    by: Membership
    preset: Preset
    at: datetime
    problem: str = ""

    @classmethod
    def wanted(cls, by: Membership, period: str, *, at: datetime) -> "Page":
        known = {preset.value: preset for preset in PERIODS}
        problem = ""
        if period and period not in known:
            problem = _("“%(period)s” is none of the periods shown here; these are the last 30 days.") % {
                "period": period[:40]
            }
        return cls(by, known.get(period, Preset.MONTH), at, problem)

    @property
    def organization(self) -> Organization:
        return self.by.organization

    @cached_property
    def period(self) -> Period:
        return Period.ending(local_day(self.at, ZoneInfo(self.organization.time_zone)), self.preset)

    @property
    def choices(self) -> list[Choice]:
        address = access.url(self.organization, "delivery:deliverability")
        return [
            Choice(str(preset.label), f"{address}?period={preset.value}", preset == self.preset) for preset in PERIODS
        ]

    # ── What was counted ─────────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def _by_day(self) -> Mapping[date, Tally]:
        return queries.by_day(self.organization, self.period)

    @cached_property
    def _names(self) -> Names:
        return queries.by_name(self.organization, self.period)

    @cached_property
    def tally(self) -> Tally:
        return rates.total(self._by_day.values())

    @property
    def is_empty(self) -> bool:
        return self.tally == Tally()

    @cached_property
    def road(self) -> Road:
        return queries.road(self.organization, self.period, at=self.at)

    @cached_property
    def health(self) -> MailHealth:
        return queries.health(self.organization)

    @cached_property
    def paused(self) -> list[Campaign]:
        """Those that the stop has paused."""
        paused = Campaign.objects.paused().filter(organization=self.organization).order_by("name", "pk")
        return [campaign for campaign in paused if campaign.status_reason == self.health.reason]

    @cached_property
    def findings(self) -> list[Finding]:
        return findings.findings(self.by, self.tally, self._names.named, self.road, at=self.at)

    # ── Figures ──────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def figures(self) -> list[Figure]:
        found = self.tally
        arrived = _("%(n)s of %(of)s that arrived")
        complaints = _figure(_("Reported as spam"), found.complaints, rates.COMPLAINTS, arrived)
        if not findings.tells(found, self.road):
            complaints = replace(complaints, value="—", counts=_("not known"), range="", level=None)
        return [
            _figure(_("Came back"), found.bounces, rates.BOUNCES, _("%(n)s of %(of)s mails")),
            complaints,
            _figure(_("Unsubscribed"), found.unsubscribes, None, arrived),
        ]

    @property
    def rows(self) -> list[Row]:
        named, others = self._names.named, self._names.others
        rows = [_row(one.name, _("all its domains") if one.is_provider else "", one.tally) for one in named]
        if others:
            rest = self.tally - rates.total(one.tally for one in named)
            label = ngettext("%(n)s other", "%(n)s others", others) % {"n": words.count(others)}
            rows.append(_row(label, _("taken together"), rest))
        return rows

    # ── Days ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def days(self) -> list[tuple[date, Tally]]:
        count = (self.period.last - self.period.first).days + 1
        days = [self.period.first + number * ONE_DAY for number in range(count)]
        return [(day, self._by_day.get(day, Tally())) for day in days]

    @property
    def days_with_mail(self) -> list[tuple[date, Tally]]:
        """Of the table, which would be mostly zeros; the newest first."""
        return [(day, tally) for day, tally in reversed(self.days) if tally != Tally()]

    @property
    def mails_chart(self) -> charts.Days:
        found = [charts.Day(_short(day), _mails_title(day, tally), [("", tally.sent)]) for day, tally in self.days]
        desc = _("%(n)s mails in %(days)d days, most of them on %(day)s: %(most)s.")
        day, tally = max(self.days, key=lambda one: one[1].sent)
        return charts.days(
            found,
            desc
            % {
                "n": words.count(self.tally.sent),
                "days": len(self.days),
                "day": _long(day),
                "most": words.count(tally.sent),
            },
        )

    @property
    def troubles_chart(self) -> charts.Days:
        found = [charts.Day(_short(day), _troubles_title(day, tally), _troubles(tally)) for day, tally in self.days]
        return charts.days(found, _trouble_words(self.tally))


def _figure(label: str, rate: Rate, limits: Limits | None, counts: str) -> Figure:
    said = _("recommended: below %(warn)s · acted on from %(stop)s")
    return Figure(
        label=label,
        value=words.value_of(rate),
        counts=counts % {"n": words.count(rate.count), "of": words.count(rate.of)},
        range=words.range_of(rate),
        level=rates.level(rate, limits) if limits else None,
        limits=said % {"warn": words.limit(limits.warn), "stop": words.limit(limits.stop)} if limits else "",
    )


def _row(name: str, note: str, tally: Tally) -> Row:
    return Row(
        name=name,
        note=note,
        tally=tally,
        bounces=words.value_of(tally.bounces),
        bounce_level=rates.level(tally.bounces, rates.BOUNCES),
        complaints=words.value_of(tally.complaints),
        complaint_level=rates.level(tally.complaints, rates.COMPLAINTS),
        unsubscribes=words.value_of(tally.unsubscribes),
    )


def _short(day: date) -> str:
    return date_format(day, "j M", use_l10n=False)


def _long(day: date) -> str:
    return date_format(day, "j F", use_l10n=False)


def _mails_title(day: date, tally: Tally) -> str:
    text = ngettext("%(day)s: %(n)s mail", "%(day)s: %(n)s mails", tally.sent)
    return text % {"day": _long(day), "n": words.count(tally.sent)}


def _troubles(tally: Tally) -> list[tuple[str, int]]:
    return [
        ("series-passive", tally.bounced),
        ("series-detractor", tally.complained),
        ("series-muted", tally.unsubscribed),
    ]


def _troubles_title(day: date, tally: Tally) -> str:
    return _("%(day)s: %(what)s") % {"day": _long(day), "what": _trouble_words(tally)}


def _trouble_words(tally: Tally) -> str:
    text = _("%(bounced)s came back, %(complained)s reported as spam, %(unsubscribed)s unsubscribed.")
    return text % {
        "bounced": words.count(tally.bounced),
        "complained": words.count(tally.complained),
        "unsubscribed": words.count(tally.unsubscribed),
    }
