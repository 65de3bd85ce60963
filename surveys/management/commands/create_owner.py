"""The first person and their organization, on an installation where strangers cannot sign up."""

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from surveys.accounts import actions
from surveys.accounts.models import Membership, Origin, Role, User, Via


class Command(BaseCommand):
    help = (
        "Create an organization and its owner, who can sign in at once. Asks for the password, or reads it from stdin."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--organization", required=True, help="its name")
        parser.add_argument("--name", default="", help="of the person")
        parser.add_argument("--time-zone", default="UTC", help="of the organization, such as Europe/Berlin")

    def handle(self, *args: Any, email: str, organization: str, name: str, time_zone: str, **options: Any) -> None:
        email = _checked(email.strip().lower())
        with transaction.atomic():
            owner = User.objects.filter(email=email).first() or self._create(email, name)
            if Membership.objects.filter(user=owner, role=Role.OWNER, organization__name=organization).exists():
                raise CommandError(f"{email} is an owner of {organization} already; nothing was changed.")
            made = actions.create_organization(
                name=organization,
                owner=owner,
                at=timezone.now(),
                time_zone=time_zone,
                origin=Origin(via=Via.COMMAND),
            ).organization
        self.stdout.write(f"{email} owns {made.name} at /o/{made.slug}/ and can sign in.")

    def _create(self, email: str, name: str) -> User:
        user = User(email=email, name=name)
        password = _password()
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        user = User.objects.create_user(email, password, name=name)
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
        return user


def _checked(email: str) -> str:
    try:
        validate_email(email)
    except ValidationError:
        raise CommandError(f"{email!r} is not an email address.") from None
    return email


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password: ")
    if password != getpass.getpass("Once more: "):
        raise CommandError("The two passwords differ; nothing was changed.")
    return password
