"""A row in every table that belongs to an organization, made from the models: a new table is in it by being there."""

import itertools
import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.apps import apps
from django.core.cache import cache
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone

from surveys.accounts.models import Organization, User
from surveys.operations import erasing

_numbers = itertools.count(100)

# What a constraint of the database wants beyond a value of the right type.
SPECIAL: dict[str, dict[str, Any]] = {
    "sentimentruling": {"sentiment": 1},
    "annotation": {"last_day": None},
}


def fill(organization: Organization, person: User) -> dict[str, int]:
    """One row more in each table of the organization, those first that others point at; returns the counts."""
    made: dict[type[models.Model], models.Model] = {Organization: organization, User: person}
    for model in reversed(erasing.tables()):
        made[model] = _make(model, made)
    return {
        model._meta.db_table: model._base_manager.filter(organization=organization).count()
        for model in made
        if model is not User and model is not Organization
    }


def _make(model: type[models.Model], made: dict[type[models.Model], models.Model]) -> models.Model:
    special = SPECIAL.get(model._meta.model_name or "", {})
    row = model(**{field.attname: special.get(field.name, _value(field, made)) for field in _columns(model)})
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        there = model._base_manager.filter(organization=made[Organization]).first()
        if there is None:
            raise AssertionError(f"{model.__name__}: say in SPECIAL what its constraints want: {error}") from error
        return there
    return row


def _columns(model: type[models.Model]) -> Iterator[Any]:
    for field in model._meta.concrete_fields:
        if not field.generated and not isinstance(field, models.AutoField):
            yield field


def _value(field: Any, made: dict[type[models.Model], models.Model]) -> Any:
    if field.is_relation:
        there = made.get(field.related_model)
        return there.pk if there else None
    if field.has_default():
        return field.get_default()
    if field.choices:
        return field.choices[0][0]
    return _plain(field, next(_numbers))


def _plain(field: Any, number: int) -> Any:
    if isinstance(field, models.DateTimeField):
        return timezone.now() - timedelta(minutes=number)
    if isinstance(field, models.DateField):
        return date(2026, 1, 1) + timedelta(days=number)
    if isinstance(field, models.JSONField):
        return json.loads("{}")
    if isinstance(field, models.BinaryField):
        return b"row %d" % number
    if isinstance(field, models.BooleanField):
        return False
    if isinstance(field, models.PositiveSmallIntegerField | models.SmallIntegerField):
        return number % 10
    if isinstance(field, models.IntegerField | models.FloatField):
        return number
    if isinstance(field, models.GenericIPAddressField):
        return "192.0.2.1"
    return None if field.null else f"v{number}"[: field.max_length or 20]


def fill_the_rest(person: User) -> None:
    """A row more in each table that belongs to no organization: accounts, sessions, second factors, groups, the cache."""
    made: dict[type[models.Model], models.Model] = {User: person}
    rest = [model for model in apps.get_models(include_auto_created=True) if model not in (User, Organization)]
    rest = [model for model in rest if not erasing.belongs_to_organization(model)]
    for _ in range(3):  # so that what others point at is there, whatever the order
        for model in rest:
            if model not in made:
                _try(model, made)
    cache.set("a limit", 1)


def _try(model: type[models.Model], made: dict[type[models.Model], models.Model]) -> None:
    there = model._base_manager.first()
    if there is not None:
        made[model] = there
        return
    wanted = [field for field in _columns(model) if field.is_relation and not field.null]
    if all(field.related_model in made for field in wanted):
        made[model] = _make(model, made)


# ── What a database is, for comparing two ──

_FACTS = {
    "tables": "SELECT relname || ' ' || relkind::text || ' ' || relpersistence::text FROM pg_class"
    " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S', 'v', 'm') ORDER BY 1",
    "indexes": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
    "constraints": "SELECT conrelid::regclass::text || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = 'public'::regnamespace ORDER BY 1",
    "triggers": "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1",
    "functions": "SELECT pg_get_functiondef(p.oid) FROM pg_proc p LEFT JOIN pg_depend d"
    " ON d.objid = p.oid AND d.deptype = 'e'"
    " WHERE pronamespace = 'public'::regnamespace AND prokind = 'f' AND d.objid IS NULL ORDER BY 1",
    "sequences": "SELECT sequencename || ' ' || coalesce(last_value::text, '-') FROM pg_sequences"
    " WHERE schemaname = 'public' ORDER BY 1",
    "extensions": "SELECT extname || ' ' || extversion FROM pg_extension ORDER BY 1",
    "columns": "SELECT table_name || '.' || column_name || ' ' || data_type || coalesce(column_default, '')"
    " || coalesce(generation_expression, '') FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1",
}


def snapshot() -> dict[str, Any]:
    """Everything that a backup must bring back: of each table how many rows and a fingerprint of them, and all rules."""
    with connection.cursor() as cursor:
        found: dict[str, Any] = {name: list(map(_plainly, _column(cursor, fact))) for name, fact in _FACTS.items()}
        tables = _column(cursor, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        found["rows"] = {table: _column(cursor, _ROWS.format(table=table))[0] for table in tables}
    return found


def _plainly(definition: str) -> str:
    """Read back from a dump, a list of choices has its casts and brackets in other places."""
    return re.sub(r"::(character varying|text)(\[\])?|[()]", "", definition)


_ROWS = """SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM "{table}" t"""


def _column(cursor: Any, statement: str) -> list[Any]:
    cursor.execute(statement)
    return [value for (value,) in cursor.fetchall()]
