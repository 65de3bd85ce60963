"""What the pages of mail that belongs nowhere look for."""

from django.db.models import QuerySet
from django.db.models.expressions import Value
from django.db.models.functions import Lower, Trim

from surveys.accounts.models import Organization
from surveys.customers.models import Customer
from surveys.inbox.actions.sorting import TO_SORT
from surveys.inbox.models import Attachment, InboundMail


def unsorted(organization: Organization) -> QuerySet[InboundMail]:
    """The newest first, without their bytes."""
    waiting = InboundMail.objects.filter(organization=organization, outcome__in=TO_SORT)
    return waiting.defer("raw").order_by("-pk")


def file(organization: Organization, pk: int) -> Attachment | None:
    """Of a mail that lies there, without its bytes."""
    found = Attachment.objects.filter(
        organization=organization, mail__in=unsorted(organization).order_by().values("pk")
    )
    return found.filter(pk=pk).defer("data").first()


def nobodys() -> QuerySet[InboundMail]:
    """Of which nobody knows whose organization's they are: for operators."""
    return InboundMail.objects.filter(organization=None, outcome__in=TO_SORT).defer("raw").order_by("pk")


def customer(organization: Organization, who: str) -> Customer | None:
    """By email address, else by external id."""
    if not who:
        return None
    here = Customer.objects.filter(organization=organization)
    return here.filter(email_key=Lower(Trim(Value(who)))).first() or here.filter(external_id=who).first()
