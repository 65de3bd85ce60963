"""Bring back what `backup` wrote."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from surveys.accounts.models import Organization, User
from surveys.campaigns import actions as campaigns
from surveys.delivery.models import Delivery, Invitation
from surveys.management import archive


class Command(BaseCommand):
    help = "Replace the database, the link keys and the uploaded files by those of a backup. Stop the site first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", help="although there are people or organizations here")
        parser.add_argument(
            "--keep-sending",
            action="store_true",
            help="nothing was sent since the backup was made: a move, not a return",
        )

    def handle(self, *args: Any, file: Path, replace: bool, keep_sending: bool, **options: Any) -> None:
        if not replace and (inhabitants := _inhabitants()):
            raise CommandError(
                f"There are {inhabitants} here, which the backup would replace. "
                "Make a backup of them first, then say --replace (make restore FILE=… CONFIRM=--replace)."
            )
        with archive.unpacked(file) as folder:
            connection.close()
            archive.restore_database(folder)
            archive.restore_uploads(folder)
            keys = archive.restore_keys(folder)
        call_command("migrate", interactive=False, verbosity=0)  # the backup may be of an older release
        self.stdout.write(f"Restored {file}. {keys}")
        if not keep_sending:
            self._hold_mail()

    def _hold_mail(self) -> None:
        """What was sent since the backup is due again in it; and its links must not open what is made from now on."""
        archive.skip_ids(Invitation._meta.db_table, Delivery._meta.db_table)
        reason = _("A backup was restored: whom it asked afterwards is not known here, and would be asked again.")
        if paused := campaigns.pause_all(reason=reason, at=timezone.now()):
            self.stdout.write(
                f"{paused} live campaigns are paused: what they sent since the backup would go out again. "
                "See “Backup and restore” in docs/operators.md before they are resumed."
            )


def _inhabitants() -> str:
    """ "3 users and 2 organizations"; "" for a database that is empty or was never migrated."""
    if User._meta.db_table not in connection.introspection.table_names():
        return ""
    users, organizations = User.objects.count(), Organization.objects.count()
    return f"{users} users and {organizations} organizations" if users or organizations else ""
