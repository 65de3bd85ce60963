"""For people who lost the phone and the recovery codes."""

from argparse import ArgumentParser
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.urls import reverse

from surveys.accounts.models import User


class Command(BaseCommand):
    help = (
        "Removes all second factors of a person, who is told by mail. Make sure first that it is the person who asks."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, *, email: str, **options: Any) -> None:
        user = User.objects.filter(email=email.strip().lower()).first()
        if user is None:
            raise CommandError(f"Nobody has the address {email}.")
        with transaction.atomic():
            removed, _ = Authenticator.objects.filter(user=user).delete()
            if not removed:
                raise CommandError(f"{user.email} has no second factor.")
            get_adapter().send_mail(
                "mfa/email/reset_by_operator", user.email, {"account_url": reverse("accounts_home:account")}
            )
        self.stdout.write(f"{user.email} signs in with the password alone, and was told so by mail.")
