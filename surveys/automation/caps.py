"""Whether a customer may be written to by a rule now: suppressed, resting, often enough, or at night."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final, Self

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.accounts.models import Organization
from surveys.automation.models import RuleStep, StepState
from surveys.customers.models import Customer
from surveys.inbox.models import InboxSettings

_EVERY_DAY: Final = 0b1111111
_ALLOWED: Final = "SELECT surveys_allowed_at(%s, surveys_zone(%s, %s), %s, %s, %s)"


@dataclass(frozen=True)
class Allowance:
    """At most so many automatic mails in so many days for one customer, between these hours of their day."""

    most: int
    days: int
    opens: time | None
    closes: time | None

    @classmethod
    def of(cls, organization: Organization) -> Self:
        found = InboxSettings.objects.filter(organization=organization).first() or InboxSettings()
        return cls(found.automatic_most, found.automatic_days, found.automatic_from, found.automatic_until)

    def since(self, at: datetime) -> datetime:
        return at - timedelta(days=self.days)


def refusal(customer: Customer, allowance: Allowance, at: datetime) -> str:
    """Why no rule may write to them now, in words; "" when one may. The caller holds the customer's lock, so that two
    rules at once do not both take the last mail."""
    if not customer.email:
        return _("There is no email address of them.")
    if customer.suppression:
        return _("They must not be mailed: %(why)s.") % {"why": customer.get_suppression_display()}
    if customer.rest_days or (customer.resting_until and customer.resting_until > at):
        return _("They asked to be left alone, or to be written to less often.")
    if sent(customer, allowance, at) >= allowance.most:
        return ngettext(
            "They had %(most)d automatic mails in %(days)d day: no more are sent.",
            "They had %(most)d automatic mails in %(days)d days: no more are sent.",
            allowance.days,
        ) % {"most": allowance.most, "days": allowance.days}
    return ""


def sent(customer: Customer, allowance: Allowance, at: datetime) -> int:
    mails = RuleStep.objects.filter(kind="email", state=StepState.DONE, organization=customer.organization_id)
    return mails.filter(customer_id=customer.pk, done_at__gt=allowance.since(at)).count()


def allowed_at(customer: Customer, allowance: Allowance, at: datetime) -> datetime:
    """The first moment from `at` on that lies in the hours for automatic mail, by the customer's clock."""
    scope: list[Any] = [
        at,
        customer.time_zone,
        customer.organization.time_zone,
        allowance.opens,
        allowance.closes,
        _EVERY_DAY,
    ]
    with connection.cursor() as cursor:
        cursor.execute(_ALLOWED, scope)
        (moment,) = cursor.fetchone()
    return moment
