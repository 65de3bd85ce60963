"""Values of the audit trail as people read them; conditions as the sentence that they mean today."""

import json
from datetime import datetime
from functools import cached_property
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from surveys.accounts.models import Organization
from surveys.core import weekdays
from surveys.core.conditions import catalogue, validation, words
from surveys.core.conditions.catalogue import Catalogue, Root
from surveys.core.conditions.validation import BadCondition

LONGEST: Final = 600
_CONDITIONS: Final = ("audience", "conditions", "event_conditions", "exclusions", "where")
_MOMENTS: Final = ("begins_at", "ends_at")


class Values:
    """For the entries of one page: what conditions may ask about is read once, and only where there are conditions."""

    def __init__(self, organization: Organization) -> None:
        self._organization = organization

    @cached_property
    def _known(self) -> Catalogue:
        return catalogue.of(Root.CUSTOMER, self._organization)

    def said(self, field: str, value: object) -> str:
        text = self._conditions(value) if self.is_condition(field, value) else self._of_rule(field, value)
        return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"

    @staticmethod
    def is_condition(field: str, value: object) -> bool:
        return field in _CONDITIONS and isinstance(value, dict)

    def _conditions(self, stored: object) -> str:
        """What asks about fields or segments that are gone is told by their keys."""
        try:
            return words.sentence(validation.read(stored, self._known), self._known)
        except BadCondition:
            return words.rough(stored)

    def _of_rule(self, field: str, value: object) -> str:
        """What is kept otherwise than people say it: days of the week, shares, moments."""
        if field == "send_days" and isinstance(value, int):
            return weekdays.said(value)
        if field == "sample_share" and isinstance(value, int):
            return f"{value / 100:g} %"
        if field in _MOMENTS and isinstance(value, str):
            return self._moment(value)
        return self._plain(value)

    def _moment(self, value: str) -> str:
        """On the organization's clock."""
        try:
            local = datetime.fromisoformat(value).astimezone(ZoneInfo(self._organization.time_zone))
        except ValueError:
            return value
        return date_format(local, "j F Y, H:i", use_l10n=False)

    def _plain(self, value: object) -> str:
        if value is None:
            return ""
        if isinstance(value, bool):
            return _("Yes") if value else _("No")
        if isinstance(value, list):
            return self._listed(value)
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    def _listed(self, values: list[Any]) -> str:
        """Names one after the other; the filters of a list, which are pairs, with their values."""
        if all(isinstance(value, str) for value in values):
            return ", ".join(values)
        if all(isinstance(value, list) and len(value) == 2 for value in values):
            return "; ".join(f"{name}: {self.said(name, _stored(name, value))}" for name, value in values)
        return json.dumps(values, ensure_ascii=False)


def _stored(name: str, value: object) -> object:
    """An address says conditions as text."""
    if name not in _CONDITIONS or not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
