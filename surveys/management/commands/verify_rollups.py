"""Compare every rollup with a recount of the responses and invitations."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from surveys.accounts.models import Organization
from surveys.analytics import queries
from surveys.analytics.upkeep import rollups


class Command(BaseCommand):
    help = "Recount all responses and invitations and report every rollup that differs. Exits 1 on any difference."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slugs", nargs="*", help="organizations; all of them when none is named")

    def handle(self, *args: Any, slugs: list[str], **options: Any) -> None:
        try:
            organizations = queries.organizations(slugs)
        except queries.UnknownOrganization as error:
            raise CommandError(f"There is no organization {error}.") from error
        wrong = sum(self._verify(organization) for organization in organizations)
        if wrong:
            self.stderr.write(f"{wrong} cells differ. `manage.py rebuild_rollups` repairs them.")
            sys.exit(1)

    def _verify(self, organization: Organization) -> int:
        pieces = rollups.slices(organization.pk)
        found = [gap for piece in pieces for gap in rollups.gaps(piece)]
        for gap in found:
            self.stdout.write(f"{organization.slug}: {gap}")
        self.stdout.write(f"{organization.slug}: {len(pieces)} slices compared, {len(found)} cells differ")
        return len(found)
