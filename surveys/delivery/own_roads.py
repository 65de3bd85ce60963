"""From an organization's mail account to a backend that sends through it."""

from django.core.mail.backends.base import BaseEmailBackend

from surveys.delivery import routes
from surveys.delivery.mailing import Refused
from surveys.delivery.models import MailAccount


def account(route: str) -> MailAccount | None:
    """None for the operator's road. Raises Refused when there is no such account any more."""
    pk = routes.account_of(route)
    if pk is None:
        return None
    try:
        return MailAccount.objects.get(pk=pk)
    except MailAccount.DoesNotExist:
        raise Refused("the account was removed") from None


def backend(account: MailAccount) -> BaseEmailBackend:
    raise NotImplementedError(account)
