"""Vouch for an address that an organization sends from, where a mail with a link cannot."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.utils import timezone

from surveys.accounts.actions import senders
from surveys.accounts.models import Organization


class Command(BaseCommand):
    help = "Confirm a sender address on behalf of an organization, without the mail with a link. May be run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="of the organization")
        parser.add_argument("address", help="the sender address, such as surveys@example.com")

    def handle(self, *args: Any, slug: str, address: str, **options: Any) -> None:
        organization = Organization.objects.filter(slug=slug).first()
        if organization is None:
            raise CommandError(f"There is no organization {slug}.")
        try:
            validate_email(address)
        except ValidationError as error:
            raise CommandError(f"{address} is no email address.") from error
        row = senders.vouch(organization=organization, address=address, at=timezone.now())
        organization.refresh_from_db()
        is_used = organization.sender_email.lower() == row.address.lower()
        used = "it is used from now on" if is_used else "it can be chosen in the settings"
        self.stdout.write(f"{row.address} is confirmed for {organization}; {used}.")
