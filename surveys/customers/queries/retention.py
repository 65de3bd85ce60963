"""Which customers nothing has happened to for long."""

from datetime import datetime

from django.db.models import F
from django.db.models.functions import Greatest

from surveys.accounts.models import Organization
from surveys.customers.models import Customer, CustomerQuerySet


def idle(organization: Organization, before: datetime) -> CustomerQuerySet:
    """Neither added, changed, asked nor answered since then. PostgreSQL's greatest() passes over nulls."""
    latest = Greatest(F("created_at"), F("updated_at"), F("last_asked_at"), F("last_answered_at"))
    everybody = Customer.objects.filter(organization=organization, created_at__lt=before, updated_at__lt=before)
    return everybody.annotate(latest=latest).filter(latest__lt=before)
