"""Reads about acts on many customers."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from surveys.accounts.models import Organization, User
from surveys.customers import values
from surveys.customers.models import BulkAct, BulkKind, Property


def bulk_acts(organization: Organization) -> list[BulkAct]:
    """The latest, newest first."""
    return list(BulkAct.objects.filter(organization=organization).select_related("created_by").order_by("-pk")[:30])


@dataclass(frozen=True)
class Said:
    """An act in words: what is set, and to what."""

    what: str
    value: str


def said_of(act: BulkAct) -> Said | None:
    """None for acts that set nothing."""
    if act.kind == BulkKind.SET_PROPERTY:
        known = Property.objects.filter(organization=act.organization, key=act.key).first()
        return Said(known.label if known else act.key, _shown(act.value))
    if act.kind == BulkKind.SET_OWNER:
        owner = User.objects.filter(pk=act.value).first() if act.value else None
        return Said(_("Owner"), str(owner) if owner else _("Nobody"))
    if act.kind == BulkKind.SET_LANGUAGE:
        return Said(_("Language"), values.language_name(act.value) if act.value else _("Not known"))
    if act.kind == BulkKind.SET_TIME_ZONE:
        return Said(_("Time zone"), act.value or _("That of the organization"))
    return None


def _shown(value: Any) -> str:
    if value is None:
        return _("Not known")
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return str(value)
