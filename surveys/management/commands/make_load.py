"""Fill an organization with very many invented answers, to see how the product behaves with them."""

import re
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from surveys.accounts.models import Organization
from surveys.analytics import queries
from surveys.samples.loading import conversations as talks
from surveys.samples.loading import filling
from surveys.samples.loading.filling import Done

_FACTOR = {"": 1, "k": 1_000, "m": 1_000_000}
LEAST, MOST = 1_000, 10_000_000


def number(text: str) -> int:
    """1000, 250k or 10M."""
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([kKmM]?)", text.replace(",", "").replace("_", ""))
    count = round(float(found[1]) * _FACTOR[found[2].lower()]) if found else 0
    if not LEAST <= count <= MOST:
        raise ArgumentTypeError(f"{text!r} is not a number from 1k to 10M, like 1000, 250k or 10M")
    return count


class Command(BaseCommand):
    help = (
        "Fill an organization with invented customers, asks and answers of three years, build its rollups, begin "
        "conversations about the answers, and say how fast each part was. For trying things out: what it adds cannot be "
        "told from real answers afterwards."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the organization, which must be there")
        parser.add_argument("--responses", type=number, metavar="N", help="1k … 10M")
        parser.add_argument(
            "--conversations", type=number, metavar="N", help="about so many of the answers that it has"
        )
        parser.add_argument("--seed", type=int, default=1, help="another one makes another company")
        parser.add_argument("--add", action="store_true", help="even if the organization has customers or answers")
        parser.add_argument(
            "--set-indexes-aside",
            action="store_true",
            help="several times faster, but nobody can use the database meanwhile; needs the role that owns the tables",
        )

    def handle(
        self,
        *args: Any,
        slug: str,
        responses: int | None,
        conversations: int | None,
        seed: int,
        add: bool,
        set_indexes_aside: bool,
        **options: Any,
    ) -> None:
        if not responses and not conversations:
            raise CommandError("Say how much: --responses N, --conversations N, or both.")
        try:
            (organization,) = queries.organizations([slug])
        except queries.UnknownOrganization as error:
            raise CommandError(f"There is no organization {error}.") from error
        at = timezone.now()
        if responses:
            self._answers(
                organization,
                filling.fill(organization, responses=responses, at=at, seed=seed, add=add, quickly=set_indexes_aside),
            )
        if conversations:
            self._conversations(talks.load(organization, count=conversations, at=at, seed=seed))

    def _answers(self, organization: Organization, parts: Iterator[Done]) -> None:
        try:
            self._say(parts)
        except filling.NotEmpty as error:
            raise CommandError(
                f"{organization.slug} has customers or answers already. Name an empty organization, or say --add."
            ) from error

    def _conversations(self, parts: Iterator[Done]) -> None:
        try:
            self._say(parts)
        except talks.NotEnough as error:
            raise CommandError(
                f"There are {error.args[0]:,} answers without a conversation. Ask for so many, or load more answers."
            ) from error

    def _say(self, parts: Iterator[Done]) -> None:
        for part in parts:
            self.stdout.write(f"{part.what:<18} {part.rows:>12,} rows {part.seconds:>8.1f} s {part.pace:>10,} rows/s")
