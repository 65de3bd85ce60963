"""Bounces, complaints and unsubscribes as shares, and how they stand to the limits of the large providers. Pure.

The limits and where they are published: docs/deliverability.md. A rate is only said to be over a limit when the lower end
of its 95 % interval is; what few mails say is not said at all.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from surveys.core.proportions import Rate

FEWEST: Final = 100  # mails, below which no rate is judged
FEWEST_CASES: Final = 3  # below which nobody is warned: one report of spam among 900 mails is over 0.1 %
DAYS: Final = 7  # that are looked at together when mail is stopped


@dataclass(frozen=True)
class Limits:
    """Shares: from `warn` on a provider may look closer, from `stop` on it may refuse or junk what comes."""

    warn: float
    stop: float


COMPLAINTS: Final = Limits(0.001, 0.003)
BOUNCES: Final = Limits(0.02, 0.05)


class Level(TextChoices):
    HIGH = "high", _("Too high")  # surely over the limit
    WATCH = "watch", _("Near the limit")  # over what providers recommend, as far as can be told
    FINE = "fine", _("Fine")
    FEW = "few", _("Too few to say")


@dataclass(frozen=True)
class Tally:
    """Counts of messages; those of MailDomainDay."""

    sent: int = 0
    delivered: int = 0
    bounced: int = 0
    soft_bounced: int = 0
    complained: int = 0
    unsubscribed: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))

    def __sub__(self, other: "Tally") -> "Tally":
        return Tally(*(getattr(self, field.name) - getattr(other, field.name) for field in fields(self)))

    def after(self, before: "Tally") -> "Tally":
        """What has come since; of what was taken back since, nothing."""
        since = self - before
        return Tally(*(max(0, getattr(since, field.name)) for field in fields(self)))

    @property
    def arrived(self) -> int:
        """As far as is known: sent and not bounced."""
        return max(0, self.sent - self.bounced)

    @property
    def bounces(self) -> Rate:
        return _rate(self.bounced, self.sent)

    @property
    def complaints(self) -> Rate:
        return _rate(self.complained, self.arrived)

    @property
    def unsubscribes(self) -> Rate:
        return _rate(self.unsubscribed, self.arrived)


def _rate(count: int, of: int) -> Rate:
    """News may come of a mail whose sending was never counted: from before there were counts."""
    return Rate(min(count, of), of)


def total(tallies: Iterable[Tally]) -> Tally:
    return sum(tallies, Tally())


def is_surely_over(rate: Rate, limit: float) -> bool:
    return rate.of >= FEWEST and rate.range is not None and rate.range.low > limit


def level(rate: Rate, limits: Limits) -> Level:
    if rate.of < FEWEST or rate.value is None:
        return Level.FEW
    if is_surely_over(rate, limits.stop):
        return Level.HIGH
    return Level.WATCH if rate.value >= limits.warn and rate.count >= FEWEST_CASES else Level.FINE
