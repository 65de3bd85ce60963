"""What may stand in a customer's properties and profile, and how it is read from text. Lists and forms share it."""

import json
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import lru_cache
from zoneinfo import available_timezones

from babel.dates import get_month_names
from django.conf.locale import LANG_INFO
from django.db import models
from django.utils.translation import gettext_lazy as _

from surveys.core import languages
from surveys.customers.models import PropertyType, RefusalReason

MOST_TEXT = 2000
MOST_NAME = 255
MOST_EXTERNAL_ID = 100
MOST_DIGITS = 40
_MOST_DATE = 100
_MOST_WORD = 100  # characters of yes or no, and of a time zone's name
_MEMORY = 20_000  # distinct cells of one kind that are remembered: lists repeat themselves


class Refused(ValueError):
    """The text cannot be what it should be."""

    def __init__(self, reason: RefusalReason) -> None:
        super().__init__(reason.label)
        self.reason = reason


class Kind(models.TextChoices):
    """A property's type together with how lists write it."""

    TEXT = "text", _("Text")
    NUMBER = "number", _("Number: 1,234.5 or 1\N{RIGHT SINGLE QUOTATION MARK}234.5")
    NUMBER_COMMA = "number_comma", _("Number: 1.234,5 or 1 234,5")
    BOOLEAN = "boolean", _("Yes or no")
    DATE = "date", _("Date: 2024-12-31 or 31 Dec 2024")
    DATE_DMY = "date_dmy", _("Date: 31.12.2024 or 31/12/2024")
    DATE_MDY = "date_mdy", _("Date: 12/31/2024")

    @property
    def type(self) -> PropertyType:
        return PropertyType(self.value.partition("_")[0])


_YES = frozenset({"yes", "y", "true", "t", "1", "on", "ja", "j", "wahr", "oui", "vrai", "si", "sí", "sim", "tak", "да"})
_NO = frozenset({"no", "n", "false", "f", "0", "off", "nein", "falsch", "non", "faux", "não", "nie", "нет"})

_GROUP = r"[\s'\u2019%s]"
_INDIAN = "|[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}"  # 12,34,567.5
_NUMBER = {
    mark: re.compile(
        rf"(?P<sign>[+-]?)(?P<whole>[0-9]{{1,3}}(?:{_GROUP % group}[0-9]{{3}})+{_INDIAN if mark == '.' else ''}|[0-9]*)"
        rf"(?:[{mark}](?P<part>[0-9]+))?"
    )
    for mark, group in ((".", ","), (",", "."))
}
_MINUS = "\N{MINUS SIGN}"
_YEAR_FIRST = re.compile(r"(?P<year>[0-9]{4})[-/.](?P<month>[0-9]{1,2})[-/.](?P<day>[0-9]{1,2})(?:[T ][0-9:.,+Z-]*)?")
_TIME = r"(?:,? +[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?: ?[AaPp][Mm])?)?"  # it is left out
_DAY_FIRST = re.compile(r"(?P<day>[0-9]{1,2})[-/.] ?(?P<month>[0-9]{1,2})[-/.] ?(?P<year>[0-9]{4})" + _TIME)
_MONTH_FIRST = re.compile(r"(?P<month>[0-9]{1,2})[-/.](?P<day>[0-9]{1,2})[-/.](?P<year>[0-9]{4})" + _TIME)
_NAMED = (  # 31. Dezember 2024, 31-Dec-2024, December 31, 2024
    re.compile(
        r"(?P<day>[0-9]{1,2})(?:\.|st|nd|rd|th)?(?: de)?[ -]?(?P<name>[^\W\d_]+)\.?,?(?: de)?[ -](?P<year>[0-9]{4})"
        + _TIME
    ),
    re.compile(r"(?P<name>[^\W\d_]+)\.?[ -](?P<day>[0-9]{1,2})(?:st|nd|rd|th)?,?[ -](?P<year>[0-9]{4})" + _TIME),
)
_MONTH_LOCALES = ("en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "pl")


def text(cell: str) -> str:
    if len(cell) > MOST_TEXT:
        raise Refused(RefusalReason.TOO_LONG)
    return json.dumps(cell, ensure_ascii=False)


def boolean(cell: str) -> str:
    word = cell[:_MOST_WORD].casefold()
    if word in _YES:
        return "true"
    if word in _NO:
        return "false"
    raise Refused(RefusalReason.NOT_YES_OR_NO)


def _number(cell: str, mark: str) -> str:
    found = _NUMBER[mark].fullmatch(cell.replace(_MINUS, "-")) if len(cell) <= MOST_DIGITS else None
    if not found or not (found["whole"] or found["part"]):
        raise Refused(RefusalReason.NOT_A_NUMBER)
    digits = re.sub(r"[^0-9]", "", found["whole"]) or "0"
    plain = format(Decimal(f"{found['sign']}{digits}.{found['part'] or 0}").normalize(), "f")
    return "0" if plain == "-0" else plain


def _date(cell: str, order: re.Pattern[str]) -> str:
    if len(cell) > _MOST_DATE:
        raise Refused(RefusalReason.NO_SUCH_DATE)
    found = _YEAR_FIRST.fullmatch(cell) or order.fullmatch(cell)
    named = None if found else next(filter(None, (form.fullmatch(cell) for form in _NAMED)), None)
    try:
        if found:
            return f'"{date(int(found["year"]), int(found["month"]), int(found["day"]))}"'
        if named:
            return f'"{date(int(named["year"]), _months().get(named["name"].casefold(), 0), int(named["day"]))}"'
    except ValueError:
        pass
    raise Refused(RefusalReason.NO_SUCH_DATE)


@lru_cache(1)
def _months() -> dict[str, int]:
    """Names and abbreviations of months; what means two months in two languages is left out."""
    found: dict[str, set[int]] = {}
    for language_code in _MONTH_LOCALES:
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                for number, month in get_month_names(width, context, language_code).items():
                    found.setdefault(month.rstrip(".").casefold(), set()).add(number)
    return {month: numbers.pop() for month, numbers in found.items() if len(numbers) == 1}


_JSON_OF: dict[Kind, Callable[[str], str]] = {
    Kind.TEXT: lru_cache(_MEMORY)(text),
    Kind.NUMBER: lru_cache(_MEMORY)(lambda cell: _number(cell, ".")),
    Kind.NUMBER_COMMA: lru_cache(_MEMORY)(lambda cell: _number(cell, ",")),
    Kind.BOOLEAN: lru_cache(_MEMORY)(boolean),
    Kind.DATE: lru_cache(_MEMORY)(lambda cell: _date(cell, _YEAR_FIRST)),
    Kind.DATE_DMY: lru_cache(_MEMORY)(lambda cell: _date(cell, _DAY_FIRST)),
    Kind.DATE_MDY: lru_cache(_MEMORY)(lambda cell: _date(cell, _MONTH_FIRST)),
}


def as_json(kind: Kind) -> Callable[[str], str]:
    """The reader of that kind: from a cell, not empty and trimmed, to JSON; it raises Refused."""
    return _JSON_OF[kind]


def fits(kind: Kind, cell: str) -> bool:
    try:
        _JSON_OF[kind](cell)
    except Refused:
        return False
    return True


_ISO_639_1 = (
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en"
    " eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka"
    " kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn"
    " no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw"
    " ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu fil gsw kok yue ckb"
)
_LANGUAGES = frozenset(_ISO_639_1.split()) | {code.partition("-")[0] for code in LANG_INFO}
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,2}")


@lru_cache(_MEMORY)
def language(cell: str) -> str:
    """In the form of Django's language codes, by the name of today: "pt_BR" → "pt-br", "iw" → "he"."""
    code = languages.written(cell[:_MOST_WORD])
    if len(code) > 12 or not _LANGUAGE.fullmatch(code) or code.partition("-")[0] not in _LANGUAGES:
        raise Refused(RefusalReason.UNKNOWN_LANGUAGE)
    return code


def language_name(code: str) -> str:
    """For people: "pt-br" → "Brazilian Portuguese"; a code without a known name stays a code."""
    return languages.name(code)


def language_called(text: str) -> str | None:
    """The code of a language by its code or its name: "DE", "German" and "Deutsch" are "de"; None without such one."""
    try:
        return language(text.strip())
    except Refused:
        return _codes_by_name().get(text.strip().casefold())


@lru_cache(1)
def _codes_by_name() -> dict[str, str]:
    named = [(code, info) for code, info in LANG_INFO.items() if "name" in info]
    return {str(info[name]).casefold(): code for code, info in named for name in ("name_local", "name")}


@lru_cache(1)
def _zones() -> dict[str, str]:
    return {zone.casefold(): zone for zone in available_timezones()}


@lru_cache(_MEMORY)
def time_zone(cell: str) -> str:
    zone = _zones().get(cell[:_MOST_WORD].casefold().replace(" ", "_"))
    if zone is None:
        raise Refused(RefusalReason.UNKNOWN_TIME_ZONE)
    return zone


def time_zone_called(text: str) -> str | None:
    """A time zone by its name or its city: "Berlin" is "Europe/Berlin"; None where that is none, or several."""
    try:
        return time_zone(text.strip())
    except Refused:
        return _zones_by_city().get(text.strip().casefold().replace(" ", "_"))


@lru_cache(1)
def _zones_by_city() -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for folded, zone in _zones().items():
        if folded.partition("/")[0] not in _NO_PLACES:
            found.setdefault(folded.rpartition("/")[2], []).append(zone)
    return {city: zones[0] for city, zones in found.items() if len(zones) == 1}


_NO_PLACES = ("etc", "systemv", "posix", "right")


def name(cell: str) -> str:
    if len(cell) > MOST_NAME:
        raise Refused(RefusalReason.TOO_LONG)
    return cell


def external_id(cell: str) -> str:
    if len(cell) > MOST_EXTERNAL_ID:
        raise Refused(RefusalReason.TOO_LONG)
    return cell
