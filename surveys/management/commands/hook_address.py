"""The address that the operator's mail provider posts events to."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from surveys.delivery.hooks import roads


class Command(BaseCommand):
    help = "Prints the address that your mail provider posts to; docs/provider-events.md."

    def handle(self, **options: Any) -> None:
        if not settings.WEBHOOK_PROVIDER:
            raise CommandError(
                "Say in NPS_WEBHOOK_PROVIDER whose events they are; docs/settings.md names the providers."
            )
        self.stdout.write(roads.address(roads.OPERATORS, settings.WEBHOOK_PROVIDER))
