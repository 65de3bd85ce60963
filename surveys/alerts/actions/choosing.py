"""People choose how they are told."""

from datetime import datetime

from django.db import transaction

from surveys.accounts import access, audit
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.alerts.models import AlertChoice, How, Mailing, Notification
from surveys.alerts.wishes import Wish
from surveys.customers.actions import relying
from surveys.customers.models import ConditionUser
from surveys.customers.segments import FIELD, Stored


def choose(*, wish: Wish, by: Membership, at: datetime) -> None:
    """One's own. Segments that are chosen cannot be deleted while they are."""
    access.require(by, Permission.VIEW)
    access.require_going_on(by)
    with transaction.atomic():
        choice, _is_new = AlertChoice.objects.update_or_create(
            organization=by.organization, user=by.user, defaults={**wish.columns(), "updated_at": at}
        )
        relying.rely(
            kind=ConditionUser.ALERTS,
            user_id=choice.pk,
            organization=by.organization,
            conditions=_asking_about(wish),
        )
        audit.record(by, "alerts.chosen", by.organization, at=at)


def _asking_about(wish: Wish) -> Stored:
    if not wish.segments:
        return {}
    return {"any": [{"field": FIELD, "op": "one_of", "value": sorted(wish.segments)}]}


def reset(*, by: Membership, at: datetime) -> None:
    """As is usual for one's role."""
    access.require(by, Permission.VIEW)
    with transaction.atomic():
        if forget(by.organization_id, by.user_id):
            audit.record(by, "alerts.reset", by.organization, at=at)


def forget(organization_id: int, user_id: int) -> bool:
    choice = AlertChoice.objects.filter(organization=organization_id, user=user_id)
    found = choice.select_related("organization").first()
    if found is None:
        return False
    relying.release(kind=ConditionUser.ALERTS, user_id=found.pk, organization=found.organization)
    choice.delete()
    return True


def end_mails(*, membership: int, at: datetime) -> None:
    """By the link in a mail, that only who gets it has: the bell goes on, and no alert is mailed any more."""
    with transaction.atomic():
        member = Membership.objects.select_for_update(no_key=True, of=("self",)).select_related("organization", "user")
        by = member.filter(pk=membership).first()
        if by is None:
            return
        wish = Wish.of(AlertChoice.objects.filter(organization=by.organization, user=by.user).first(), by.role)
        quieter = {
            matter: str(How.OFF if how in (How.AT_ONCE, How.DIGEST) else how) for matter, how in wish.how.items()
        }
        AlertChoice.objects.update_or_create(
            organization=by.organization,
            user=by.user,
            defaults={**wish.columns(), "how": quieter, "updated_at": at},
        )
        waiting = Notification.objects.filter(organization=by.organization, user=by.user, mailing=Mailing.WAITING)
        waiting.update(mailing=Mailing.DROPPED)
        audit.record_automatic(by.organization, "alerts.mails_ended", by, at=at)
