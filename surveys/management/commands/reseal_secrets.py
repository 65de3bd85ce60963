"""After a change of SECRET_KEY: what earlier keys sealed comes under the present one."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from surveys.core import sealing
from surveys.delivery.models import MailAccount
from surveys.inbox.models import CardKey
from surveys.integrations.models import Hook

_SEALED = ("secret", "seed")  # of authenticator apps, and of recovery codes


class Command(BaseCommand):
    help = (
        "Brings all sealed secrets under SECRET_KEY. Afterwards the keys of SECRET_KEY_FALLBACKS unseal nothing more."
    )

    def handle(self, **options: Any) -> None:
        unreadable = [row.pk for row in Authenticator.objects.order_by("pk") if not _reseal(row.pk)]
        hooks = [row.pk for row in Hook.ever.exclude(address="").order_by("pk") if not _reseal_hook(row.pk)]
        accounts = [row.pk for row in MailAccount.objects.order_by("pk") if not _reseal_account(row.pk)]
        cards = [row.pk for row in CardKey.objects.order_by("pk") if not _reseal_card_key(row.pk)]
        if unreadable:
            raise CommandError(
                f"No key unseals the second factors {unreadable}. Add the key that did to SECRET_KEY_FALLBACKS; "
                "or remove them with reset_second_factor."
            )
        if accounts:
            raise CommandError(
                f"No key unseals the secrets of the mail accounts {accounts}. Add the key that did to "
                "SECRET_KEY_FALLBACKS; or let their organizations enter them again."
            )
        if hooks:
            raise CommandError(
                f"No key unseals the connections {hooks}. Add the key that did to SECRET_KEY_FALLBACKS; "
                "or let their organizations enter them again."
            )
        if cards:
            raise CommandError(
                f"No key unseals the secrets of the keys for score cards {cards}. Add the key that did to "
                "SECRET_KEY_FALLBACKS; or let their organizations revoke them and make new ones."
            )
        self.stdout.write("All secrets are sealed under SECRET_KEY.")


def _reseal(pk: int) -> bool:
    """Whether its secrets could be read. A recovery code that is used at the same moment stays used: the row is locked."""
    with transaction.atomic():
        row = Authenticator.objects.select_for_update().filter(pk=pk).first()
        if row is None:
            return True
        try:
            row.data |= {
                name: sealing.reseal(sealing.Purpose.TWO_FACTOR, row.data[name]) for name in _SEALED if name in row.data
            }
        except sealing.CannotUnseal:
            return False
        row.save(update_fields=["data"])
    return True


def _reseal_account(pk: int) -> bool:
    """Whether its secrets could be read. They stay the same: senders need not connect again."""
    with transaction.atomic():
        row = MailAccount.objects.select_for_update().filter(pk=pk).exclude(secrets="").first()
        if row is None:
            return True
        try:
            secrets = sealing.reseal(sealing.Purpose.MAIL_ACCOUNT, row.secrets)
        except sealing.CannotUnseal:
            return False
        MailAccount.objects.filter(pk=pk).update(secrets=secrets)
    return True


def _reseal_hook(pk: int) -> bool:
    """Whether its address and its secret could be read."""
    with transaction.atomic():
        row = Hook.ever.select_for_update().filter(pk=pk).exclude(address="").first()
        if row is None:
            return True
        try:
            row.address = sealing.reseal(sealing.Purpose.HOOK, row.address)
            row.secret = sealing.reseal(sealing.Purpose.HOOK, row.secret) if row.secret else ""
        except sealing.CannotUnseal:
            return False
        row.save(update_fields=["address", "secret"])
    return True


def _reseal_card_key(pk: int) -> bool:
    with transaction.atomic():
        row = CardKey.objects.select_for_update().filter(pk=pk).first()
        if row is None:
            return True
        try:
            secret = sealing.reseal(sealing.Purpose.SCORE_CARD, row.secret)
        except sealing.CannotUnseal:
            return False
        CardKey.objects.filter(pk=pk).update(secret=secret)
    return True
