"""A customer's wish not to be asked again, and its undoing."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from itertools import chain
from typing import Final

from django.db import transaction
from django.db.models import Q

from surveys.accounts.models import Organization
from surveys.campaigns.models import Campaign
from surveys.core.locks import again_after_deadlock
from surveys.customers import actions as customers
from surveys.customers import suppression_memory
from surveys.customers.actions.preferences import note_return
from surveys.customers.models import Customer, SuppressionReason
from surveys.delivery.deliverability import counting
from surveys.delivery.models import Delivery, Invitation, Kind
from surveys.outbox import actions as outbox
from surveys.responses.survey import Survey

SOURCE: Final = "unsubscribe link"


@again_after_deadlock
def unsubscribe(*, survey: Survey, at: datetime) -> None:
    """Never mail this person again: neither the address that the mail went to nor the one they have now.

    Doing it again changes nothing. The invitation keeps that it was the one, until the person undoes it. Of somebody who
    was erased nothing is recorded: they are never mailed again anyway.
    """
    if survey.is_erased:
        return
    organization = Organization.objects.get(pk=survey.organization)
    with transaction.atomic():
        suppression_memory.change(organization.pk)  # first, as in erasing
        is_first = _mark(
            survey, at
        )  # the invitation before the customer, as in answering: so they never wait in a circle
        for address in _addresses(survey):
            customers.suppress(
                organization=organization,
                address=address,
                reason=SuppressionReason.UNSUBSCRIBED,
                source=SOURCE,
                at=at,
            )
        if is_first:
            counting.add(counting.unsubscribed([survey.invitation], n=1, at=at), at=at)


def _mark(survey: Survey, at: datetime) -> bool:
    """Whether this invitation was not marked before."""
    invitations = Invitation.objects.filter(organization=survey.organization, pk=survey.invitation)
    if not invitations.filter(unsubscribed_at=None).update(unsubscribed_at=at):
        return False
    campaign = invitations.select_related("campaign").get().campaign
    outbox.publish("invitations.unsubscribed", campaign, at=at, invitations=[survey.invitation])
    return True


@again_after_deadlock
def resubscribe(*, survey: Survey, at: datetime) -> None:
    """The person pressed Undo: nothing says any more that they unsubscribed, whichever mail they did it from.

    Doing it again changes nothing. A suppression with another reason (a bounce, a complaint) stays. Raises TooOften.
    """
    if survey.suppression != SuppressionReason.UNSUBSCRIBED:
        return
    organization = Organization.objects.get(pk=survey.organization)
    with transaction.atomic():
        suppression_memory.change(organization.pk)
        unmarked = _unmark(survey, at)
        for address in _addresses(survey):
            customers.unsuppress(organization=organization, address=address, at=at)
        if unmarked and survey.customer is not None:
            note_return(customer=Customer(pk=survey.customer, organization=organization), at=at)
        counting.add(counting.unsubscribed(unmarked, n=-1, at=at), at=at)


def _unmark(survey: Survey, at: datetime) -> list[int]:
    """Locked in one order; a second Undo waits here and then finds nothing. Returns the invitations."""
    of_the_person = Q(pk=survey.invitation) | Q(customer=survey.customer, customer__isnull=False)
    invitations = Invitation.objects.filter(of_the_person, organization=survey.organization)
    marked = invitations.filter(unsubscribed_at__isnull=False).order_by("pk").select_for_update()
    by_campaign: dict[int, list[int]] = defaultdict(list)
    for invitation, campaign_id in marked.values_list("pk", "campaign_id"):
        by_campaign[campaign_id].append(invitation)
    unmarked = list(chain.from_iterable(by_campaign.values()))
    Invitation.objects.filter(pk__in=unmarked).update(unsubscribed_at=None)
    for campaign in Campaign.objects.filter(organization=survey.organization, pk__in=by_campaign):
        outbox.publish("invitations.resubscribed", campaign, at=at, invitations=by_campaign[campaign.pk])
    return unmarked


def _addresses(survey: Survey) -> Iterable[str]:
    """Sorted, so that two requests lock in the same order."""
    asks = Delivery.objects.filter(organization=survey.organization, invitation=survey.invitation, kind=Kind.ASK)
    people = Customer.objects.filter(organization=survey.organization, invitation=survey.invitation)
    found = {*asks.values_list("to_address", flat=True), *people.values_list("email", flat=True)}
    return sorted(address for address in found if address)
