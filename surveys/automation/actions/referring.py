"""Referrals: where friends land, the secret that tells of sign-ups, and sign-ups that colleagues tell of."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from surveys.accounts import access, audit
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.automation import secrets, tracked
from surveys.automation.actions import linking, visiting
from surveys.automation.actions.linking import Lead, Whose
from surveys.automation.link_queries import SIGNUP, referral_target
from surveys.automation.models import LinkVisit, ReferralSettings, TrackedLink
from surveys.customers.models import Customer


class Refused(ValueError):
    """It cannot be so, and the message says why."""


class CountedAlready(ValueError):
    """A colleague said before by whom this customer came; `args[0]` is that customer, None when they are gone."""


def change(*, target: str, is_on: bool, by: Membership, at: datetime) -> None:
    """Raises Refused."""
    access.require(by, Permission.EDIT_AUTOMATION)
    if target and (why := tracked.problem(target)):
        raise Refused(why)
    if is_on and not target:
        raise Refused(_("Say where friends land before you switch referrals on."))
    with transaction.atomic():
        mine = _held(by, at)
        before = {"target": mine.target, "is_on": mine.is_on}
        after = {"target": target, "is_on": is_on}
        changed = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
        if changed:
            ReferralSettings.objects.filter(pk=mine.pk).update(**after, updated_at=at)
            audit.record(by, "referrals.changed", by.organization, at=at, changed=changed)


def renew_secret(*, by: Membership, at: datetime) -> str:
    """The new secret, which nobody is shown again; the former one is refused at once."""
    access.require(by, Permission.EDIT_AUTOMATION)
    secret = secrets.new()
    with transaction.atomic():
        mine = _held(by, at)
        made = {"secret_hash": secrets.hashed(secret), "secret_made_at": at, "updated_at": at}
        ReferralSettings.objects.filter(pk=mine.pk).update(**made)
        audit.record(by, "referrals.secret_renewed", by.organization, at=at)
    return secret


def _held(by: Membership, at: datetime) -> ReferralSettings:
    ReferralSettings.objects.bulk_create(
        [ReferralSettings(organization=by.organization, updated_at=at)], ignore_conflicts=True
    )
    return ReferralSettings.objects.select_for_update().get(organization=by.organization)


def note_export(*, by: Membership, at: datetime) -> None:
    """Whose links were followed leaves the product as a file."""
    access.require(by, Permission.EXPORT_CUSTOMERS)
    with transaction.atomic():
        audit.record(by, "referrals.exported", by.organization, at=at)


@dataclass(frozen=True)
class SignUp:
    """`is_new`: it was not noted before."""

    visit: LinkVisit
    is_new: bool


def add_signup(*, promoter: Customer, newcomer: Customer, by: Membership, at: datetime) -> SignUp:
    """A colleague says that `newcomer` came because of `promoter`. Saying it twice counts once.

    Raises Refused, and CountedAlready where somebody said that they came by another.
    """
    access.require(by, Permission.EDIT_CUSTOMERS)
    if promoter.pk == newcomer.pk:
        raise Refused(_("Nobody recommends us to themselves: these are the same customer."))
    with transaction.atomic():
        _hold(promoter, newcomer)
        link = _link_of(promoter, at)
        found = _told(newcomer)
        if found is None:
            key = visiting.by_hand(newcomer.pk)
            visiting.sign_up(link=link, key=key, newcomer=newcomer.pk, by=by.user_id, at=at)
            audit.record(by, "referral.signup_added", promoter, at=at, newcomer=newcomer.pk)
            return SignUp(LinkVisit.objects.get(organization=by.organization, what=SIGNUP, key=key), is_new=True)
        if found.link_id != link.pk:
            raise CountedAlready(found.link.customer)
        return SignUp(found, is_new=False)


def _hold(*people: Customer) -> None:
    """Nobody becomes one with another, nor is noted by somebody else, meanwhile. Raises Refused."""
    mine = Customer.objects.filter(organization=people[0].organization_id, pk__in=[each.pk for each in people])
    if len(mine.select_for_update(no_key=True).order_by("pk").values_list("pk")) < len(people):
        raise Refused(_("The customer is gone."))


def _told(newcomer: Customer) -> LinkVisit | None:
    """What somebody noted of them before."""
    told = LinkVisit.objects.filter(organization=newcomer.organization_id, what=SIGNUP, newcomer_id=newcomer.pk)
    return told.select_related("link__customer").order_by("pk").first()


def _link_of(promoter: Customer, at: datetime) -> TrackedLink:
    """Also of who never got one, or where friends land nowhere."""
    lead = Lead(referral_target(promoter.organization_id))
    made = linking.links_of(whose=Whose(promoter.organization_id, promoter.pk), leads=[lead], at=at)
    if not made:
        raise Refused(_("The customer is gone."))
    return TrackedLink.objects.get(pk=made[None])


def take_back(*, signup: LinkVisit, by: Membership, at: datetime) -> None:
    """What a colleague said; what a server told stays. Twice changes nothing."""
    access.require(by, Permission.EDIT_CUSTOMERS)
    with transaction.atomic():
        mine = LinkVisit.objects.filter(organization=by.organization, pk=signup.pk, what=SIGNUP)
        found = (
            mine.filter(newcomer_id__isnull=False)
            .select_for_update(of=("self",))
            .select_related("link__customer")
            .first()
        )
        if found is None:
            return
        audit.record(by, "referral.signup_removed", found.link.customer or by.organization, at=at)
        visiting.uncount(found, by=by.user_id, at=at)
