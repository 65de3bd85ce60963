"""How many customers an organization may have, when the operator of the server has set a limit."""

from django.utils.translation import gettext as _

from surveys.accounts.models import Organization
from surveys.customers.importing.encoding import BadFile
from surveys.customers.models import Customer


class LimitReached(BadFile):
    """There would be more customers than the operator allows; the words are for the person who adds them."""


def require_room(organization: int, adding: int = 0) -> None:
    """Raises LimitReached. Call it inside the transaction that adds them (with 0 when they are in already).

    Two who add at once wait for each other, but only where there is a limit.
    """
    limited = Organization.objects.filter(pk=organization, customers_limit__isnull=False)
    limit = limited.values_list("customers_limit", flat=True).first()
    if limit is None:
        return
    list(limited.select_for_update(no_key=True).values_list("pk"))
    count = Customer.objects.filter(organization=organization).count()
    if count + adding > limit:
        raise LimitReached(_words(count, adding, limit))


def _words(count: int, adding: int, limit: int) -> str:
    numbers = {"limit": limit, "adding": adding, "count": count}
    if adding > 1:
        return (
            _(
                "This list would add %(adding)d customers to your %(count)d, and the operator of this server allows"
                " %(limit)d. Nothing was imported: take lines out, delete customers, or ask the operator for more."
            )
            % numbers
        )
    return (
        _(
            "The operator of this server allows %(limit)d customers, and they are there."
            " Delete some, or ask the operator for more."
        )
        % numbers
    )
