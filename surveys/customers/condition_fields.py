"""What conditions can ask about a customer."""

from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from typing import TypeVar, cast

from django.conf.locale import LANG_INFO
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from surveys.accounts.forms import time_zone_choices
from surveys.accounts.models import Membership, Organization
from surveys.core import nps
from surveys.core.choices import Category
from surveys.core.conditions.catalogue import (
    Choice,
    Column,
    Computed,
    Field,
    JsonKey,
    Members,
    Rows,
    Type,
)
from surveys.core.conditions.tree import Op
from surveys.customers import values
from surveys.customers.models import (
    Customer,
    Property,
    PropertySet,
    PropertyType,
    PropertyWork,
    PropertyWorkStatus,
    Segment,
    SuppressionReason,
)

T = TypeVar("T")

PROPERTY_PREFIX = "p."
_MOST_SUGGESTIONS = 100
_MOST_SETS = 5000
_NEWEST = 2000  # customers whose languages are offered first


def fields(organization: Organization) -> Iterator[Field]:
    """The declared properties in their order, then what stands on every customer. Four statements, and one each when
    the suggestions for properties, or the languages, are looked at: who only judges by conditions never does."""
    yield from _properties(organization)
    yield from _person(organization)
    yield from _score_history()
    yield from _segments(organization)


# ── Properties ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _properties(organization: Organization) -> Iterator[Field]:
    suggestions = _lazily(partial(_suggestions, organization))
    in_work = _in_work(organization)
    for declared in Property.objects.filter(organization=organization):
        yield Field(
            key=PROPERTY_PREFIX + declared.key,
            label=declared.label,
            type=Type(declared.type),
            source=_stored(declared, is_settled=not in_work & {None, declared.pk}),
            suggestions=_lazily(partial(_suggested, suggestions, declared.key)),
            group=_("Properties"),
            is_open=declared.visible_to_agents,
        )


def _lazily(make: Callable[[], T]) -> T:
    return cast(T, SimpleLazyObject(make))


def _suggested(suggestions: dict[str, set[str]], key: str) -> tuple[str, ...]:
    return tuple(sorted(suggestions.get(key, ()))[:_MOST_SUGGESTIONS])


def _stored(declared: Property, *, is_settled: bool) -> JsonKey | Rows:
    """Text to compare by is found by its property set, twenty times faster than in the JSON, once that is worked in."""
    if declared.segmentable and declared.type == PropertyType.TEXT and is_settled:
        return Rows("surveys_propertyset", "id", "property_set_id", JsonKey("values", declared.key), few=True)
    return JsonKey("properties", declared.key)


def _in_work(organization: Organization) -> set[int | None]:
    """Properties whose property sets may lag behind: None stands for all of them."""
    unfinished = (PropertyWorkStatus.WAITING, PropertyWorkStatus.RUNNING, PropertyWorkStatus.FAILED)
    works = PropertyWork.objects.filter(organization=organization, status__in=unfinished)
    found: set[int | None] = set()
    for status, about, into in works.values_list("status", "about", "into"):
        found |= {about, into} - {None} if status == PropertyWorkStatus.FAILED else {None}
    return found


def _suggestions(organization: Organization) -> dict[str, set[str]]:
    """The values that segmentable properties have now, by key."""
    found: dict[str, set[str]] = {}
    sets = PropertySet.objects.filter(organization=organization).values_list("values", flat=True)
    for combination in sets[:_MOST_SETS]:
        for key, value in combination.items():
            found.setdefault(key, set()).add(str(value))
    return found


# ── What stands on every customer ────────────────────────────────────────────────────────────────────────────────────


def _person(organization: Organization) -> tuple[Field, ...]:
    group = _("Person")
    parts_of_it = (Op.CONTAINS, Op.STARTS_WITH, Op.IS_SET, Op.NOT_SET)
    reasons = tuple(Choice(value, str(label)) for value, label in SuppressionReason.choices)
    stands = (_("is there, for whatever reason"), _("is not there"))
    return (
        Field("email", _("Email address"), Type.TEXT, Column("email"), group=group, only_ops=parts_of_it),
        _coded("language", _("Language"), _lazily(partial(_languages, organization)), _language),
        _coded("time_zone", _("Time zone"), _time_zones(), _time_zone),
        Field("owner", _("Owner"), Type.CHOICE, Column("owner_id"), choices=_colleagues(organization), group=group),
        Field(
            "suppression",
            _("Suppression"),
            Type.CHOICE,
            Column("suppression"),
            choices=reasons,
            known_as=stands,
            group=group,
        ),
        Field("created", _("Added"), Type.MOMENT, Column("created_at"), group=group, is_always_set=True),
        Field("changed", _("Last changed"), Type.MOMENT, Column("updated_at"), group=group, is_always_set=True),
    )


def _coded(key: str, label: str, choices: tuple[Choice, ...], reads: Callable[[str], Choice | None]) -> Field:
    """Chosen by its name, stored as a code. It was a text once: conditions of that time keep their meaning."""
    as_text = (Op.EQUALS, Op.CONTAINS, Op.STARTS_WITH)
    group = _("Person")
    return Field(key, label, Type.CHOICE, Column(key), choices=choices, reads=reads, kept_ops=as_text, group=group)


def _languages(organization: Organization) -> tuple[Choice, ...]:
    """Those of the newest customers, then the usual ones."""
    newest = Customer.objects.filter(organization=organization).order_by("-pk").values("language")[:_NEWEST]
    used = {row["language"] for row in newest} - {""}
    ranked = sorted({*used, *_usual_languages()}, key=lambda code: (code not in used, values.language_name(code)))
    return tuple(Choice(code, values.language_name(code)) for code in ranked)


def _usual_languages() -> Iterator[str]:
    return (code for code, info in LANG_INFO.items() if "name" in info)


def _language(text: str) -> Choice | None:
    code = values.language_called(text)
    return Choice(code, values.language_name(code)) if code else None


@lru_cache(1)
def _time_zones() -> tuple[Choice, ...]:
    return tuple(Choice(zone, label) for zone, label in time_zone_choices())


def _time_zone(text: str) -> Choice | None:
    zone = values.time_zone_called(text)
    return Choice(zone, zone.replace("_", " ")) if zone else None


def _colleagues(organization: Organization) -> tuple[Choice, ...]:
    members = Membership.objects.filter(organization=organization).select_related("user").order_by("user__name", "pk")
    return tuple(Choice(member.user_id, str(member.user)) for member in members)


def _score_history() -> tuple[Field, ...]:
    group = _("Scores")
    ever = (_("at least once"), _("never"))
    change = Computed("{} - {}", ("last_score", "previous_score"))
    trends = (
        Choice("fell", _("fell"), tuple(range(-10, 0))),
        Choice("rose", _("rose"), tuple(range(1, 11))),
        Choice("same", _("stayed the same"), (0,)),
    )
    return (
        Field("last_score", _("Last score"), Type.NUMBER, Column("last_score"), group=group),
        Field(
            "last_category",
            _("Last category"),
            Type.CHOICE,
            Column("last_score"),
            choices=categories(),
            group=group,
        ),
        Field(
            "score_trend",
            _("Last score against the one before"),
            Type.CHOICE,
            change,
            choices=trends,
            said=(_("Last score %(value)s"), _("Last score not so that it %(value)s")),
            known_as=(_("is known (answered twice)"), _("is not known (not answered twice)")),
            group=group,
            only_ops=(Op.ONE_OF, Op.IS_SET, Op.NOT_SET),
        ),
        Field("score_change", _("Change of the last score"), Type.NUMBER, change, group=group),
        Field("previous_score", _("Score before the last"), Type.NUMBER, Column("previous_score"), group=group),
        Field(
            "previous_category",
            _("Category before the last"),
            Type.CHOICE,
            Column("previous_score"),
            choices=categories(),
            group=group,
        ),
        Field("last_asked", _("Last asked"), Type.MOMENT, Column("last_asked_at"), known_as=ever, group=group),
        Field("last_answered", _("Last answered"), Type.MOMENT, Column("last_answered_at"), known_as=ever, group=group),
        Field("asked_count", _("Times asked"), Type.NUMBER, Column("asked_count"), group=group, is_always_set=True),
        Field("answered_count", _("Answers"), Type.NUMBER, Column("answered_count"), group=group, is_always_set=True),
    )


def categories() -> tuple[Choice, ...]:
    """Of a score."""
    return tuple(
        Choice(category.value, str(category.label), tuple(n for n in nps.SCALE if nps.classify(n) is category))
        for category in Category
    )


def _segments(organization: Organization) -> Iterator[Field]:
    found = list(
        Segment.objects.filter(organization=organization).order_by("name").values_list("pk", "name", "conditions")
    )
    yield Field(
        "segment",
        _("Segment"),
        Type.CHOICE,
        Members({pk: conditions for pk, _name, conditions in found}),
        choices=tuple(Choice(pk, name) for pk, name, _conditions in found),
        said=(_("in segment %(value)s"), _("not in segment %(value)s")),
        group=_("Segments"),
        is_always_set=True,
    )
