"""Declaring properties from a list's columns, and which of them are worth comparing people by."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Max

from surveys.customers.importing.columns import Column, Target
from surveys.customers.models import ImportJob, Property, PropertyType

MOST_SEGMENTABLE = 8  # properties of an organization
MOST_VALUES = 100  # of one segmentable property
MOST_CHARACTERS = 60
_FEW_VALUES = 10
_SAMPLE = 20_000  # rows


@dataclass(frozen=True)
class _Spread:
    """How a property's values are spread over a sample of rows."""

    filled: float  # share of the rows
    values: int
    set_on: int  # rows
    longest: int
    addresses: bool  # some of them are

    @property
    def is_worth_comparing(self) -> bool:
        repeats = self.values <= _FEW_VALUES or self.set_on >= 2 * self.values
        fits = self.values <= MOST_VALUES and self.longest <= MOST_CHARACTERS
        return self.filled >= 0.5 and repeats and fits and not self.addresses


_SPREADS = """
WITH sample AS (
    SELECT properties FROM surveys_importrow WHERE organization_id = %s AND job_id = %s ORDER BY line LIMIT %s)
SELECT p.key, count(*)::float / (SELECT count(*) FROM sample), count(DISTINCT p.value), count(*), max(length(p.value)),
       bool_or(p.value LIKE '%%_@_%%')
  FROM sample, jsonb_each_text(properties) p GROUP BY p.key
"""


def declare(job: ImportJob, columns: Sequence[Column]) -> None:
    """Declare the properties that the columns become and that are new. May run twice and beside another list's."""
    known = Property.objects.filter(organization=job.organization)
    keys = set(known.values_list("key", flat=True))
    wanted = [column for column in columns if column.target == Target.PROPERTY and column.key not in keys]
    room = MOST_SEGMENTABLE - known.filter(segmentable=True).count()
    position = known.aggregate(last=Max("position"))["last"] or 0
    segmentable = _worth_comparing(job, wanted)[: max(room, 0)]
    Property.objects.bulk_create(
        [
            Property(
                organization=job.organization,
                key=column.key,
                label=column.label,
                type=column.kind.type,
                segmentable=column.key in segmentable,
                position=position + number,
            )
            for number, column in enumerate(wanted, start=1)
        ],
        ignore_conflicts=True,
    )


def _worth_comparing(job: ImportJob, columns: Sequence[Column]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_SPREADS, [job.organization_id, job.pk, _SAMPLE])
        spreads = {key: _Spread(*figures) for key, *figures in cursor.fetchall()}
    kinds = (PropertyType.TEXT, PropertyType.BOOLEAN)
    return [
        column.key
        for column in columns
        if column.kind.type in kinds and not column.is_personal
        if column.key in spreads and spreads[column.key].is_worth_comparing
    ]
