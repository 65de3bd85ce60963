"""Reads about an organization's own mail account. Never its secrets."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from surveys.accounts.models import Organization
from surveys.accounts.queries import senders
from surveys.delivery import own_roads, providers, routes
from surveys.delivery.models import Delivery, Kind, MailAccount, RouteState, State


@dataclass(frozen=True)
class Standing:
    """What the page says of an account. `known` is what may be shown; of secrets only that they are there."""

    account: MailAccount
    known: list[tuple[str, str]]
    secrets: list[str]
    lost: RouteState | None
    test: Delivery | None

    @property
    def test_is_waiting(self) -> bool:
        return self.test is not None and self.test.state in (State.DUE, State.CLAIMED, State.SENDING)


def account_of(organization: Organization) -> MailAccount | None:
    return MailAccount.objects.filter(organization=organization).first()


def standing(account: MailAccount, *, at: datetime) -> Standing:
    route = routes.of_account(account.pk)
    stored = own_roads.readable_secrets(account)
    fields = providers.spec(account.provider).fields
    lost = RouteState.objects.filter(route=route, unreachable_until__gt=at).first()
    tests = Delivery.objects.filter(organization=account.organization_id, kind=Kind.TEST, content__route=route)
    return Standing(
        account=account,
        known=[(str(each.label), _shown(each, account)) for each in fields if account.options.get(each.name)],
        secrets=[str(each.label) for each in fields if each.is_secret and each.name in stored],
        lost=lost,
        test=tests.order_by("-pk").first(),
    )


def _shown(field: providers.Field, account: MailAccount) -> str:
    value = str(account.options[field.name])
    return str(dict(field.choices).get(value, value))


def sender_of(organization: Organization) -> str:
    return organization.sender_email or senders.default_address()


def are_allowed() -> bool:
    return settings.OWN_MAIL_ACCOUNTS
