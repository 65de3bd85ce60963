"""Make the rollups agree with the responses and invitations again, while the site is live."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from surveys.accounts.models import Organization
from surveys.analytics import queries, rollups


class Command(BaseCommand):
    help = (
        "Recount responses and invitations and repair every rollup that differs, a month and a dimension at a time. "
        "May be stopped and started again at any time: what is right already is left alone."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slugs", nargs="*", help="organizations; all of them when none is named")

    def handle(self, *args: Any, slugs: list[str], **options: Any) -> None:
        try:
            organizations = queries.organizations(slugs)
        except queries.UnknownOrganization as error:
            raise CommandError(f"There is no organization {error}.") from error
        for organization in organizations:
            self._rebuild(organization)

    def _rebuild(self, organization: Organization) -> None:
        pieces = rollups.slices(organization.pk)
        repaired = 0
        for done, piece in enumerate(pieces, start=1):
            repaired += rollups.repair(piece)
            self.stdout.write(f"{organization.slug}: {done} of {len(pieces)} ({piece}), {repaired} cells repaired")
