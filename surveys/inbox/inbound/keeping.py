"""How long mail that came in is remembered, and what goes with the people whom it is from."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Lower

from surveys.accounts.models import Organization
from surveys.customers.models import Customer
from surveys.inbox.models import Attachment, InboundMail, Message, Outcome
from surveys.outbox.nudges import nudge

_SLICE: Final = 500


def prune(*, at: datetime) -> None:
    """What waits to be read is never too old."""
    old = InboundMail.objects.filter(received_at__lt=at - timedelta(days=settings.INBOUND_DAYS))
    while True:
        ids = list(old.exclude(outcome=Outcome.WAITING).order_by("received_at").values_list("pk", flat=True)[:_SLICE])
        _delete(ids)
        if len(ids) < _SLICE:
            return


def give(mail: InboundMail, organization: Organization) -> None:
    """One that was nobody's. It is read anew, now for them, and they are told."""
    nobodys = InboundMail.objects.filter(pk=mail.pk, organization=None).exclude(outcome=Outcome.WAITING)
    nobodys.update(organization=organization, outcome=Outcome.WAITING, attempts=0)
    nudge("surveys.inbox.inbound.tasks.read")


def customers_go(*, organization_id: int, ids: Sequence[int]) -> None:
    """Deleted or erased: what came in from them goes. To be called while their conversations still stand."""
    theirs = Message.objects.filter(organization=organization_id, conversation__customer__in=ids)
    emails = Customer.objects.filter(organization=organization_id, pk__in=ids).exclude(email_key=None)
    mails = InboundMail.objects.filter(
        Q(message_id__in=theirs.values("pk"))
        | Q(pk__in=_from(organization_id, list(emails.values_list("email_key", flat=True)))),
        organization=organization_id,
    )
    _delete(list(mails.exclude(outcome=Outcome.WAITING).values_list("pk", flat=True)))


def _delete(ids: Sequence[int]) -> None:
    with transaction.atomic():
        Attachment.objects.filter(mail__in=ids)._raw_delete("default")
        InboundMail.objects.filter(pk__in=ids)._raw_delete("default")


def _from(organization_id: int, emails: Sequence[str]) -> Sequence[int]:
    mine = InboundMail.objects.filter(organization=organization_id).exclude(from_address="")
    found = mine.annotate(sender=Lower("from_address")).filter(sender__in=emails)
    return list(found.values_list("pk", flat=True))
