"""What a customer's preference page shows. Reads only; what it does is in customers.actions.preferences and own_data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import connection

from surveys.accounts.models import Organization
from surveys.core import bidi, languages
from surveys.customers.actions.preferences import YEARLY
from surveys.customers.models import Customer, SuppressionReason
from surveys.privacy.queries import months_before
from surveys.responses.survey import ANSWERED, COLUMNS, TABLES, Survey

PAUSES: Final = (1, 3, 6, 12)  # months
MOST_ANSWERS: Final = 50

NORMAL, RARELY, NEVER = "normal", "yearly", "never"

_ANSWERS: Final = f"""
    SELECT {COLUMNS}, {ANSWERED}, r.responded_at FROM {TABLES}
    JOIN surveys_response r ON r.invitation_id = i.id
    WHERE i.organization_id = %(organization)s AND i.customer_id = %(customer)s
    ORDER BY r.responded_at DESC, r.id DESC LIMIT %(limit)s
"""


@dataclass(frozen=True)
class Given:
    """That something was answered. `at` is where the customer lives. `survey` has the answer itself, and may be changed
    while it `is_open`: None for all but the survey whose mail led here."""

    question: str
    at: datetime
    survey: Survey | None = None
    is_open: bool = False


@dataclass(frozen=True)
class Preferences:
    """How a customer stands to the organization whose mail they opened, `survey`, at one moment."""

    survey: Survey
    customer: Customer
    at: datetime

    @property
    def organization(self) -> Organization:
        return self.customer.organization

    @property
    def language(self) -> str:
        """What they read, as far as we speak it; else what their mail was written in."""
        return language_of(self.customer, self.survey)

    @property
    def is_mailed(self) -> bool:
        """Unless something speaks against it that is no wish of theirs, or only the organization can lift."""
        return self.customer.suppression in ("", SuppressionReason.UNSUBSCRIBED)

    @property
    def often(self) -> str:
        if self.customer.suppression:
            return NEVER
        return RARELY if self.customer.rest_days >= YEARLY else NORMAL

    @property
    def pauses_until(self) -> datetime | None:
        until = self.customer.resting_until
        return until.astimezone(self.zone) if until and until > self.at else None

    @property
    def pauses(self) -> list[tuple[int, datetime]]:
        """Months, and when such a pause would end."""
        return [(months, self.after(months).astimezone(self.zone)) for months in PAUSES]

    def after(self, months: int) -> datetime:
        return months_before(self.at, -months)

    @cached_property
    def zone(self) -> ZoneInfo:
        try:
            return ZoneInfo(self.customer.time_zone or self.organization.time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            return ZoneInfo(self.organization.time_zone)

    @property
    def name(self) -> str:
        """Enough for its owner, as the address."""
        return " ".join(f"{word[:1]}…" for word in self.customer.name.split())

    @property
    def address(self) -> str:
        """Enough for its owner: the mail that led here may have been passed on."""
        return bidi.isolated(masked(self.customer.email or ""), self.language)

    @property
    def may_take_data(self) -> bool:
        return bool(self.organization.customers_may_take_data and self.customer.email)

    @property
    def contact(self) -> str:
        return self.organization.reply_to or self.organization.sender_email

    @cached_property
    def answers(self) -> list[Given]:
        return [self._given(survey, at.astimezone(self.zone)) for survey, at in _answers(self.customer)]

    @property
    def has_other_answers(self) -> bool:
        return any(given.survey is None for given in self.answers)

    def _given(self, survey: Survey, at: datetime) -> Given:
        if survey.invitation == self.survey.invitation:
            return Given(survey.filled().question, at, survey, survey.is_open(self.at))
        nameless = replace(survey, customer_name="", customer_email="")
        return Given(nameless.filled().question, at)


def of(survey: Survey, at: datetime) -> Preferences | None:
    """None when the customer was erased or deleted, or never was one."""
    people = Customer.objects.select_related("organization").filter(organization=survey.organization)
    customer = people.filter(pk=survey.customer).first() if survey.customer else None
    return Preferences(survey, customer, at) if customer else None


def language_of(customer: Customer, survey: Survey) -> str:
    spoken = languages.candidates(customer.language)
    return next((code for code in spoken if code in languages.ALL), survey.language)


def masked(address: str) -> str:
    """ "ada@example.com" → "a…@example.com"."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}…{at}{domain}" if local else ""


def _answers(customer: Customer) -> Iterable[tuple[Survey, datetime]]:
    params = {"organization": customer.organization_id, "customer": customer.pk, "limit": MOST_ANSWERS}
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERS, params)
        names = [column.name for column in cursor.description]
        rows: list[Mapping[str, Any]] = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    for row in rows:
        known = {name: value for name, value in row.items() if name != "responded_at"}
        yield Survey.of_row(known), row["responded_at"]
