"""Who may open the operator's pages."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from surveys.accounts.models import User


class Command(BaseCommand):
    help = "Let somebody who has an account open the operator's pages (/operator/), or no longer."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--revoke", action="store_true", help="no longer")

    def handle(self, *args: Any, email: str, revoke: bool, **options: Any) -> None:
        found = User.objects.filter(email=email.strip().lower(), is_active=True)
        if not found.update(is_staff=not revoke):
            raise CommandError(f"Nobody signs in here with {email!r}. manage.py create_owner makes an account.")
        self.stdout.write(f"{email} may {'no longer ' if revoke else ''}open the operator's pages at /operator/.")
