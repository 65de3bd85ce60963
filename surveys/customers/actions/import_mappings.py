"""Remembered mappings: what the columns of a list became, for the next list with the same header."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from surveys.accounts import access, audit
from surveys.accounts.models import Membership, Organization
from surveys.accounts.permissions import Permission
from surveys.customers.importing.columns import Column, header_digest
from surveys.customers.models import ImportJob, ImportMapping, Property


def fitting(organization: Organization, columns: Sequence[Column]) -> ImportMapping | None:
    return ImportMapping.objects.filter(organization=organization, header_digest=header_digest(columns)).first()


def applied(mapping: ImportMapping, columns: Sequence[Column]) -> list[Column]:
    """The columns as the mapping has them; a property that has another type by now keeps the guess of that type."""
    declared = dict(Property.objects.filter(organization=mapping.organization_id).values_list("key", "type"))
    pairs = zip(columns, mapping.columns, strict=True)
    return [column.as_in(remembered, declared) for column, remembered in pairs]


def remember(*, job: ImportJob, columns: Sequence[Column], name: str, by: Membership, at: datetime) -> ImportMapping:
    """In the caller's transaction. An empty name leaves the mapping's name, a new one is called like the file."""
    told: dict[str, Any] = {
        "columns": [{"target": column.target.value, "kind": column.kind.value} for column in columns],
        "used_at": at,
    }
    digest = header_digest(columns)
    given = {"name": name} if name else {}
    mapping, _created = ImportMapping.objects.update_or_create(
        organization=by.organization,
        header_digest=digest,
        defaults=told | given,
        create_defaults={"name": job.file_name[:100], "created_by_id": by.user_id, "created_at": at} | told | given,
    )
    return mapping


def rename_mapping(*, mapping: ImportMapping, name: str, by: Membership, at: datetime) -> None:
    access.require(by, Permission.IMPORT_CUSTOMERS)
    with transaction.atomic():
        before = mapping.name
        if ImportMapping.objects.filter(pk=mapping.pk).exclude(name=name).update(name=name):
            audit.record(by, "import_mapping.renamed", mapping, at=at, changed={"name": [before, name]})


def forget_mapping(*, mapping: ImportMapping, by: Membership, at: datetime) -> None:
    """The next list with this header is guessed anew, and remembered again."""
    access.require(by, Permission.IMPORT_CUSTOMERS)
    with transaction.atomic():
        audit.record(by, "import_mapping.deleted", mapping, at=at)
        ImportMapping.objects.filter(pk=mapping.pk).delete()
