"""Figures and responses that leave the product as files."""

from datetime import datetime

from django.db import transaction

from surveys.accounts import access, audit
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.analytics.look import Look


def note_table(*, page: str, table: str, form: str, look: Look, by: Membership, at: datetime) -> None:
    """A table that names people leaves the product: who took it stays in the trail."""
    access.require(by, Permission.EXPORT_CUSTOMERS)
    with transaction.atomic():
        audit.record(
            by, "figures.exported", by.organization, at=at, page=page, table=table, form=form, query=look.to_query()
        )
