"""The list as a file: one row per customer, its columns those that are shown."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from zoneinfo import ZoneInfo

from django.conf.locale import LANG_INFO
from django.utils.translation import gettext as _

from surveys.accounts.models import Organization
from surveys.core.spreadsheets import Cell, Sheet
from surveys.customers.list_columns import Column, plain
from surveys.customers.models import Customer

LANGUAGES: Final = sorted((code, info["name"]) for code, info in LANG_INFO.items() if "name" in info)


def sheet(customers: Iterable[Customer], columns: Sequence[Column], organization: Organization) -> Sheet:
    rest = [column for column in columns if column.key != "email"]
    heading = [_("Name"), _("Email"), *(str(column.label) for column in rest)]
    return Sheet(_("Customers"), heading, _rows(customers, rest, ZoneInfo(organization.time_zone)))


def _rows(customers: Iterable[Customer], columns: Sequence[Column], zone: ZoneInfo) -> Iterator[Sequence[Cell]]:
    for customer in customers:
        yield [customer.name, customer.email or "", *(plain(column, customer, zone) for column in columns)]
