"""Count mails by day and domain that were sent uncounted: after a restored backup, say. See docs/deliverability.md."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from surveys.accounts.models import Organization
from surveys.delivery.deliverability import counting


class Command(BaseCommand):
    help = "Fill the page Deliverability with the mails of the last 90 days that were sent and not counted."

    def handle(self, *args: Any, **options: Any) -> None:
        since = (timezone.now() - timedelta(days=90)).date()
        ids = Organization.objects.order_by("pk").values_list("pk", flat=True)
        made = sum(counting.fill_past(organization, since=since) for organization in ids)
        self.stdout.write(f"{made} rows of days and domains were made or completed.")
