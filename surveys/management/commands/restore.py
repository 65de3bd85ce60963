"""Bring back what `backup` wrote."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from surveys.accounts.models import Organization, User
from surveys.management import archive


class Command(BaseCommand):
    help = "Replace the database, the link keys and the uploaded files by those of a backup. Stop the site first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", help="although there are people or organizations here")

    def handle(self, *args: Any, file: Path, replace: bool, **options: Any) -> None:
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


def _inhabitants() -> str:
    """ "3 users and 2 organizations"; "" for a database that is empty or was never migrated."""
    if User._meta.db_table not in connection.introspection.table_names():
        return ""
    users, organizations = User.objects.count(), Organization.objects.count()
    return f"{users} users and {organizations} organizations" if users or organizations else ""
