"""What conditions can ask about a customer."""

from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _

from surveys.accounts.models import Organization
from surveys.core.conditions.catalogue import Column, Field, JsonKey, Type
from surveys.customers.models import Property, PropertySet

PROPERTY_PREFIX = "p."
_MOST_SUGGESTIONS = 100


def fields(organization: Organization) -> Iterator[Field]:
    """The declared properties in their order, then what stands on every customer. Two statements."""
    suggestions = _suggestions(organization)
    for declared in Property.objects.filter(organization=organization):
        yield Field(
            key=PROPERTY_PREFIX + declared.key,
            label=declared.label,
            type=Type(declared.type),
            source=JsonKey("properties", declared.key),
            suggestions=tuple(sorted(suggestions.get(declared.key, ()))[:_MOST_SUGGESTIONS]),
        )
    yield from _standing()


def _standing() -> Iterable[Field]:
    asked = (_("at least once"), _("never"))
    return (
        Field("language", _("Language"), Type.TEXT, Column("language")),
        Field("last_asked", _("Last asked"), Type.MOMENT, Column("last_asked_at"), known_as=asked),
        Field("last_answered", _("Last answered"), Type.MOMENT, Column("last_answered_at"), known_as=asked),
        Field("last_score", _("Last score"), Type.NUMBER, Column("last_score")),
    )


def _suggestions(organization: Organization) -> dict[str, set[str]]:
    """The values that segmentable properties have now, by key."""
    found: dict[str, set[str]] = {}
    for values in PropertySet.objects.filter(organization=organization).values_list("values", flat=True)[:5000]:
        for key, value in values.items():
            found.setdefault(key, set()).add(str(value))
    return found
