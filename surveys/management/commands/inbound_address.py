"""Where mails of customers are posted to."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from surveys.inbox.inbound import roads


class Command(BaseCommand):
    help = "Prints the addresses that incoming mails are posted to; docs/inbound-mail.md."

    def handle(self, **options: Any) -> None:
        if not settings.INBOUND_DOMAIN:
            raise CommandError("Say in NPS_INBOUND_DOMAIN which domain's mail comes here; docs/inbound-mail.md.")
        if settings.INBOUND_PROVIDER in roads.PROVIDERS:
            self.stdout.write(f"{settings.INBOUND_PROVIDER} posts to {roads.address()}")
        elif settings.INBOUND_PROVIDER:
            self.stdout.write(
                f"{settings.INBOUND_PROVIDER} cannot post whole mails; those that can: {', '.join(roads.PROVIDERS)}."
            )
        if settings.INBOUND_TOKEN:
            self.stdout.write(f"A mail server posts to {settings.PUBLIC_URL}{reverse('inbound_hooks:mime')}")
