"""Reads about an organization's own mail account. Never its secrets."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from surveys.accounts.models import Organization
from surveys.accounts.queries import senders
from surveys.delivery import own_roads, providers, routes
from surveys.delivery.models import Delivery, Kind, MailAccount, Provider, RouteState, State


@dataclass(frozen=True)
class Standing:
    """What the page says of an account. `known` is what may be shown; of secrets only that they are there."""

    account: MailAccount
    known: list[tuple[str, str]]
    secrets: list[str]
    lost: RouteState | None
    next_try: datetime | None
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
    lost = RouteState.objects.filter(route=route, failures__gt=0).exclude(problem="").first()
    tests = Delivery.objects.filter(organization=account.organization_id, kind=Kind.TEST, content__route=route)
    return Standing(
        account=account,
        known=[(str(each.label), _shown(each, account)) for each in fields if account.options.get(each.name)],
        secrets=[str(each.label) for each in fields if each.is_secret and each.name in stored],
        lost=lost,
        next_try=lost.unreachable_until if lost and lost.unreachable_until and lost.unreachable_until > at else None,
        test=tests.order_by("-pk").first(),
    )


def webhook_guard(account: MailAccount, reports: str) -> str:
    """Who can report bounces at the account's address, by what was entered; `reports` is the provider that should."""
    if reports == Provider.AMAZON_SES:
        return _guard_of_topics(bool(account.options.get("sns_topics")))
    stored = own_roads.readable_secrets(account)
    if reports == Provider.UNISENDER_GO and account.provider == reports:
        return _("Reports are believed only when they are signed with your API key.")
    if "webhook_key" in providers.field_names(reports, secret=True):
        if stored.get("webhook_key"):
            return _("Reports are believed only when they are signed with the key that is stored here.")
        return _("No key of the provider is entered: whoever knows the address can report bounces. Enter the key.")
    if stored.get("webhook_login"):
        return _("Reports are believed only with the user and password that are stored here.")
    return _(
        "This provider does not sign: whoever knows the address can report bounces. Set a user and password for it."
    )


def _guard_of_topics(are_named: bool) -> str:
    if are_named:
        return _("Reports are believed only when Amazon signed them for the topics that are named here.")
    return _("Amazon signs reports, but those of every topic are believed: name yours.")


def _shown(field: providers.Field, account: MailAccount) -> str:
    value = str(account.options[field.name])
    return str(dict(field.choices).get(value, value))


def sender_of(organization: Organization) -> str:
    return organization.sender_email or senders.default_address()


def are_allowed() -> bool:
    return settings.OWN_MAIL_ACCOUNTS
