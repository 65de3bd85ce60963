"""Incoming mail of which nobody knows whose organization's it is."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from surveys.accounts.models import Organization
from surveys.inbox.inbound import keeping, searching
from surveys.inbox.models import InboundMail


class Command(BaseCommand):
    help = "Lists incoming mail that belongs to no organization for sure; gives it to one, shows it, or throws it away."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", nargs="?", type=int)
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--show", action="store_true", help="write the mail as it came to standard output")
        what.add_argument("--give", metavar="SLUG", help="to this organization, whose colleagues sort it")
        what.add_argument("--drop", action="store_true", help="throw it away")

    def handle(self, **options: Any) -> None:
        if options["id"] is None:
            self._list()
            return
        mail = searching.nobodys().filter(pk=options["id"]).first()
        if mail is None:
            raise CommandError(f"There is no such mail: {options['id']}. Without a number all are listed.")
        if options["give"]:
            self._give(mail, options["give"])
        elif options["drop"]:
            mail.delete()
            self.stdout.write(f"{mail.pk} is gone.")
        else:
            sys.stdout.buffer.write(bytes(mail.raw or b""))

    def _list(self) -> None:
        found = list(searching.nobodys())
        for mail in found:
            said = f"{mail.received_at:%Y-%m-%d %H:%M}  {mail.from_address} → {mail.to_address}  {mail.subject}  ({mail.reason})"
            self.stdout.write(f"{mail.pk}  {said}")
        self.stdout.write(f"{len(found)} mails" if found else "There is none.")

    def _give(self, mail: InboundMail, slug: str) -> None:
        organization = Organization.objects.filter(slug=slug).first()
        if organization is None:
            raise CommandError(f"No organization has the address {slug!r}.")
        keeping.give(mail, organization)
        self.stdout.write(f"{mail.pk} lies with {organization} as soon as a worker has read it.")
