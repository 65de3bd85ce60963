"""Make the rollups agree with the responses and invitations again, while the site is live."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from surveys.accounts.models import Organization
from surveys.analytics import queries
from surveys.analytics.upkeep import rebuilding
from surveys.analytics.upkeep.rebuilding import Progress


class Command(BaseCommand):
    help = (
        "Recount responses and invitations and repair every rollup that differs, a month and a dimension at a time. "
        "May be stopped at any time; started again it goes on where it was."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slugs", nargs="*", help="organizations; all of them when none is named")
        parser.add_argument(
            "--from-scratch",
            action="store_true",
            help="begin at the beginning, and forget what is stored instead of comparing with it",
        )

    def handle(self, *args: Any, slugs: list[str], from_scratch: bool, **options: Any) -> None:
        try:
            organizations = queries.organizations(slugs)
        except queries.UnknownOrganization as error:
            raise CommandError(f"There is no organization {error}.") from error
        for organization in organizations:
            self._rebuild(organization, from_scratch)

    def _rebuild(self, organization: Organization, from_scratch: bool) -> None:
        steps = rebuilding.rebuild(organization=organization, from_scratch=from_scratch, clock=timezone.now)
        last: Progress | None = None
        for last in steps:
            left = round(last.left.total_seconds())
            self.stdout.write(
                f"{organization.slug}: {last.done} of {last.total} ({last.piece}), {last.repaired} cells repaired, "
                f"about {left // 60}:{left % 60:02} left"
            )
        if last is None:
            self.stdout.write(f"{organization.slug}: nothing was asked or answered yet")
