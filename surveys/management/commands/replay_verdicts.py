"""Judge stored answers by the rules of today: what would change, or making it so."""

from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, time
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date

from surveys.accounts.models import Organization
from surveys.responses import verdicts
from surveys.responses.actions import replaying
from surveys.responses.actions.replaying import Replayed, Scope

MOST_IDS: Final = 20  # of each kind of change that are printed, unless all are asked for


class Command(BaseCommand):
    help = (
        "Replay the rules about clicks (docs/clicks.md) over the stored evidence. With --dry-run nothing is written. "
        "What colleagues decided is left alone. May be stopped at any time; --after goes on where it was."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="print what would change, and change nothing")
        parser.add_argument(
            "--organization", default="", metavar="SLUG", help="one organization; without it all of them"
        )
        parser.add_argument("--since", default="", metavar="YYYY-MM-DD", help="answers of that day (UTC) and later")
        parser.add_argument("--after", type=int, default=0, metavar="ID", help="answers behind this one, to go on")
        parser.add_argument(
            "--all-ids", action="store_true", help=f"print every answer that changes, not {MOST_IDS} of a kind"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        scope = Scope(organization=_organization(options["organization"]), since=_since(options["since"]))
        after, is_dry = options["after"], options["dry_run"]
        self.stdout.write(f"rules version {verdicts.RULES}{', dry run' if is_dry else ''}")
        slices = (
            replaying.foresee(scope, after=after) if is_dry else replaying.replay(scope, at=timezone.now(), after=after)
        )
        self._report(self._watched(slices), is_dry=is_dry, most=None if options["all_ids"] else MOST_IDS)

    def _watched(self, slices: Iterable[Replayed]) -> Iterable[Replayed]:
        seen = changed = 0
        for each in slices:
            seen, changed = seen + each.seen, changed + len(each.changes)
            self.stdout.write(f"{seen} answers, {changed} differ; go on with --after {each.last}")
            yield each

    def _report(self, slices: Iterable[Replayed], *, is_dry: bool, most: int | None) -> None:
        ids: dict[str, list[int]] = defaultdict(list)
        for each in slices:
            for change in each.changes:
                ids[change.kind].append(change.response)
        for kind, found in sorted(ids.items()):
            listed = " ".join(map(str, found[:most]))
            more = " …" if most is not None and len(found) > most else ""
            self.stdout.write(f"{len(found)}  {kind}: {listed}{more}")
        total = sum(map(len, ids.values()))
        self.stdout.write(f"{total} {'would change' if is_dry else 'changed'}")


def _organization(slug: str) -> int | None:
    if not slug:
        return None
    found = Organization.objects.filter(slug=slug).values_list("pk", flat=True).first()
    if found is None:
        raise CommandError(f"There is no organization {slug!r}. Its slug stands in the addresses of its pages.")
    return found


def _since(text: str) -> datetime | None:
    if not text:
        return None
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise CommandError(f"--since {text!r} is no day. Write it as 2026-01-31.")
    return datetime.combine(day, time(tzinfo=UTC))
