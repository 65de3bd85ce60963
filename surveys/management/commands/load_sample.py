"""The sample organization with a sample sign-in, for `make run` on a fresh data folder. May run again after a crash."""

from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from surveys.accounts.models import User
from surveys.samples import actions

EMAIL = "demo@example.com"
PASSWORD = "look around freely"


class Command(BaseCommand):
    help = "Make the sample user and organization (local mode only) and print how to sign in."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.LOCAL:
            raise CommandError("The sample sign-in has a public password; it is made in local mode (make run) only.")
        sample = actions.begin(owner=_user(), at=timezone.now())
        actions.fill(sample_id=sample.pk, at=timezone.now())
        self.stdout.write(f"Sign in as {EMAIL} with the password: {PASSWORD}")
        self.stdout.write("Try: open the mailbox, click a score in a survey email, and watch the overview.")


def _user() -> User:
    with transaction.atomic():
        user = User.objects.filter(email=EMAIL).first() or User.objects.create_user(EMAIL, PASSWORD, name="Dana Demo")
        EmailAddress.objects.get_or_create(user=user, email=EMAIL, defaults={"verified": True, "primary": True})
    return user
