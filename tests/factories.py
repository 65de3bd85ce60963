"""The smallest worlds that stories need. Each function makes one thing with believable defaults."""

import itertools
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import PBKDF2PasswordHasher, get_hasher, make_password
from django.utils import timezone

from surveys.accounts import actions as accounts
from surveys.accounts.models import ColleagueInvite, Departure, Membership, Organization, Role, User
from surveys.analytics.models import Annotation
from surveys.campaigns.models import Campaign, Status, Wording
from surveys.core.choices import Channel
from surveys.customers.models import Customer, PropertySet
from surveys.delivery.models import Invitation
from surveys.responses.models import Response, Verdict

PASSWORD = "correct horse battery"

_numbers = itertools.count(1)


@cache
def _hashed(rounds: int) -> str:
    """Once for each number of rounds is enough."""
    return make_password(PASSWORD)


def user(email: str, name: str = "") -> User:
    hasher = get_hasher()
    assert isinstance(hasher, PBKDF2PasswordHasher)
    person = User(
        email=email.strip().lower(), name=name or email.split("@")[0].capitalize(), password=_hashed(hasher.iterations)
    )
    person.save()
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    return person


def organization(owner: User, name: str = "Acme", time_zone: str = "UTC") -> Membership:
    return accounts.create_organization(name=name, owner=owner, at=timezone.now(), time_zone=time_zone)


def member(of: Organization, person: User, role: Role) -> Membership:
    return Membership.objects.create(organization=of, user=person, role=role)


def departure(of: Organization, person: User, role: Role = Role.AGENT) -> Departure:
    """Somebody who was removed a moment ago."""
    at = timezone.now()
    return Departure.objects.create(
        organization=of, user=person, role=role, member_since=at, left_at=at, undo_until=at + timedelta(hours=1)
    )


def colleague_invite(by: Membership, email: str, role: Role = Role.AGENT) -> ColleagueInvite:
    """An invite that is open for a week; no mail went out."""
    at = timezone.now()
    return ColleagueInvite.objects.create(
        organization=by.organization,
        email=email,
        role=role,
        invited_by=by.user,
        created_at=at,
        expires_at=at + timedelta(days=7),
    )


def customer(of: Organization, email: str | None = "", **fields: Any) -> Customer:
    at = fields.pop("at", timezone.now())
    number = next(_numbers)
    address = f"customer{number}@example.com" if email == "" else email
    fields.setdefault("name", f"Customer {number}")
    row = Customer.objects.create(organization=of, email=address, created_at=at, updated_at=at, **fields)
    row.refresh_from_db()
    return row


def property_set(of: Organization, **values: str) -> PropertySet:
    return PropertySet.objects.get_or_create(organization=of, values=values)[0]


def campaign(of: Organization, name: str = "Pulse", status: Status = Status.DRAFT, **fields: Any) -> Campaign:
    at = fields.pop("at", timezone.now())
    row = Campaign.objects.create(organization=of, name=name, status=status, created_at=at, updated_at=at, **fields)
    wording(row)
    return row


def wording(of: Campaign, **texts: str) -> Wording:
    defaults = {
        "subject": "How are we doing, {{ first_name|there }}?",
        "intro": "Hello {{ first_name|there }},\nwe would like to hear from you.",
        "question": "How likely are you to recommend us to a friend or colleague?",
        "low_label": "Not at all likely",
        "high_label": "Extremely likely",
        "comment_prompt": "What is the main reason for your score?",
        "thanks_promoter": "Thank you! We are glad.",
        "thanks_passive": "Thank you for telling us.",
        "thanks_detractor": "Thank you. We will do better.",
    }
    return Wording.objects.create(
        organization=of.organization, campaign=of, version=of.version, language="en", **(defaults | texts)
    )


def annotation(of: Organization, text: str, day: date) -> Annotation:
    at = timezone.now()
    return Annotation.objects.create(organization=of, text=text, day=day, created_at=at, updated_at=at)


def invitation(of: Campaign, person: Customer, sent_at: datetime | None = None, **fields: Any) -> Invitation:
    """An invitation that was sent (a day ago, unless said otherwise)."""
    sent = sent_at or timezone.now() - timedelta(days=1)
    return Invitation.objects.create(
        organization=of.organization,
        campaign=of,
        customer=person,
        occasion=fields.pop("occasion", of.occasion),
        version=of.version,
        language=person.language or "en",
        property_set=person.property_set,
        properties=person.properties,
        created_at=sent,
        claimed_at=sent,
        sent_at=sent,
        sent_day=sent.date(),
        **fields,
    )


def response(of: Invitation, score: int, comment: str = "", at: datetime | None = None, **fields: Any) -> Response:
    """A confirmed response as a bare row: rollups and the customer's facts know nothing of it."""
    when = at or timezone.now()
    fields.setdefault("verdict", Verdict.CONFIRMED)
    return Response.objects.create(
        organization=of.organization,
        campaign=of.campaign,
        customer=of.customer,
        invitation=of,
        property_set=of.property_set,
        channel=Channel.EMAIL,
        language=of.language,
        score=score,
        comment=comment,
        day=when.date(),
        responded_at=when,
        updated_at=when,
        confirmed_at=when,
        **fields,
    )
