"""For the pipe of a mail server: one mail on standard input."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error
from django.utils import timezone

from surveys.inbox.inbound import receiving

# As in sysexits.h, which mail servers understand.
TOO_LARGE = 69  # EX_UNAVAILABLE: the sender is told
TRY_AGAIN = 75  # EX_TEMPFAIL: it stays in the mail server's queue


class Command(BaseCommand):
    help = "Takes one mail from standard input, as `pipe` of Postfix gives it; docs/inbound-mail.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--sender", default=None, help="the sender on the envelope")
        parser.add_argument(
            "recipient", nargs="*", help="the addresses on the envelope; without any those of the headers"
        )

    def handle(self, **options: Any) -> None:
        raw = sys.stdin.buffer.read()
        try:
            receiving.receive_all(
                raw=raw, recipients=options["recipient"], sender=options["sender"], road="pipe", at=timezone.now()
            )
        except receiving.TooLarge as error:
            self.stderr.write(str(error))
            sys.exit(TOO_LARGE)
        except Error as error:
            self.stderr.write(f"The database does not take it now: {error}")
            sys.exit(TRY_AGAIN)
