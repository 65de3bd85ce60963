"""Keep the catalogues of what customers read; docs/languages.md says when."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from surveys.core import languages
from surveys.management import catalogues


class Command(BaseCommand):
    help = "Bring the texts of customers' pages and mails into the catalogues under locale/, and compile these."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; fail when something is missing")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        incomplete = 0
        for language in languages.TRANSLATED:
            if not check:
                catalogues.update(language)
            problems = catalogues.problems(language)
            incomplete += bool(problems)
            self.stdout.write(f"{language}: {len(problems) or 'no'} problems")
            for problem in problems:
                self.stdout.write(f"  {problem}")
        if check and incomplete:
            raise CommandError(f"{incomplete} languages are not complete.")
