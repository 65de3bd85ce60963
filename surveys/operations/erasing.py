"""Deleting everything of one organization: table by table, slice by slice, from rows that nothing points at upwards.

Which tables and in which order comes from the models, so that no table is forgotten: a new one is in it by being there.
"""

from collections.abc import Callable
from functools import cache
from graphlib import TopologicalSorter
from typing import Final

from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

from surveys.accounts.models import AuditEntry, Organization

SLICE: Final = 5_000

_FORGET_ROWS: Final = """
    DELETE FROM {table} WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM {table} WHERE organization_id = %(organization)s LIMIT %(slice)s FOR UPDATE SKIP LOCKED))
"""
# The database lets nobody delete from the audit trail but its own function, and that one only here.
_FORGET_TRAIL: Final = "SELECT surveys_forget_audit_of(%(organization)s, %(slice)s)"


@cache
def tables() -> tuple[type[models.Model], ...]:
    """All models with an organization, those first that point at others."""
    owned = {model for model in apps.get_models(include_auto_created=True) if belongs_to_organization(model)}
    order = TopologicalSorter({model: _pointing_at(model, owned) for model in owned})
    return tuple(sorted_with_names(order))


def sorted_with_names(order: "TopologicalSorter[type[models.Model]]") -> list[type[models.Model]]:
    """As the sorter gives it, the same in every process."""
    order.prepare()
    found: list[type[models.Model]] = []
    while order.is_active():
        ready = sorted(order.get_ready(), key=lambda model: model._meta.db_table)
        found += ready
        order.done(*ready)
    return found


def belongs_to_organization(model: type[models.Model]) -> bool:
    return any(field.is_relation and field.related_model is Organization for field in _columns(model))


def _pointing_at(model: type[models.Model], owned: set[type[models.Model]]) -> set[type[models.Model]]:
    pointing = {other for other in owned for field in _columns(other) if field.related_model is model}
    return pointing - {model}


def _columns(model: type[models.Model]) -> list[models.Field]:
    return [field for field in model._meta.local_fields if isinstance(field, models.Field)]


def erase(organization: int, *, is_over: Callable[[], bool]) -> bool:
    """Delete what is left, a slice per transaction, until `is_over` says that it is somebody else's turn.

    True when nothing is left. May be killed anywhere, and run by several at once.
    """
    for model in tables():
        while deleted := _erase_slice(model, organization):
            if is_over():
                return False
            if deleted < SLICE and model is not AuditEntry:
                break
    return _erase_organization(organization)


def _erase_slice(model: type[models.Model], organization: int) -> int:
    params = {"organization": organization, "slice": SLICE}
    with transaction.atomic(), connection.cursor() as cursor:
        if model is AuditEntry:
            cursor.execute(_FORGET_TRAIL, params)
            return int(cursor.fetchone()[0])
        cursor.execute(_FORGET_ROWS.format(table=model._meta.db_table), params)
        return int(cursor.rowcount)


def _erase_organization(organization: int) -> bool:
    """False when something was written meanwhile, by work that had begun before: the next turn takes that."""
    try:
        with transaction.atomic():
            Organization.objects.filter(pk=organization)._raw_delete("default")
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except IntegrityError:
        return False
    return True


def erase_at_once(organization: int) -> None:
    """For small ones, in the caller's transaction: foreign keys are checked at its end."""
    while not erase(organization, is_over=lambda: False):
        pass
