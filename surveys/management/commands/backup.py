"""Write everything into one file: database, link keys, uploads."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from surveys.management import archive


class Command(BaseCommand):
    help = "Write the database, the link keys and the uploaded files into one tar file, while the site is live."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="default: backups/nps-<time>.tar in the data folder")

    def handle(self, *args: Any, file: Path | None, **options: Any) -> None:
        at = timezone.now()
        path = file or settings.DATA_DIR / "backups" / f"nps-{at:%Y%m%d-%H%M%S}.tar"
        archive.write(path, at=at)
        self.stdout.write(f"{path} ({path.stat().st_size / 2**20:.1f} MB). Keep it secret: keys and answers are in it.")
