"""A row in every table that belongs to an organization, made from the models: a new table is in it by being there."""

import itertools
import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils import timezone

from surveys.accounts.models import Organization, User
from surveys.operations import erasing

_numbers = itertools.count(100)

# What a constraint of the database wants beyond a value of the right type.
SPECIAL: dict[str, dict[str, Any]] = {}


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
    if isinstance(field, models.IntegerField):
        return number
    return None if field.null else f"v{number}"[: field.max_length or 20]
