"""Whose reports come to which address: each mail account has one of its own, and so has the operator's road."""

from dataclasses import dataclass, field
from typing import Final

from django.conf import settings
from django.urls import reverse

from surveys.core import tokens
from surveys.core.tokens import Purpose
from surveys.delivery import own_roads, routes
from surveys.delivery.models import MailAccount, Provider

OPERATORS: Final = 0  # in the place of an account's id
# Scaleway reports nothing that anymail reads, and SMTP is no provider.
PROVIDERS: Final = tuple(each.value for each in Provider if each not in (Provider.SMTP, Provider.SCALEWAY))
_SIGNS_WITH_API_KEY: Final = "unisender_go"


@dataclass(frozen=True)
class Road:
    """`organization` is None on the operator's. `key` verifies signatures, `login` is "user:password", `topics` are
    those of Amazon SNS; what is empty is not asked for."""

    route: str
    provider: str
    organization: int | None = None
    key: str = field(default="", repr=False)
    login: str = field(default="", repr=False)
    topics: tuple[str, ...] = ()


def address(account: int, provider: str) -> str:
    """Where the provider of this account (OPERATORS: the operator's) posts to."""
    token = tokens.make(Purpose.HOOK, account)
    return settings.PUBLIC_URL + reverse("hooks:mail", kwargs={"provider": provider, "token": token})


def found(provider: str, token: str) -> Road | None:
    """None when the address is none of ours, or not this provider's."""
    pk = tokens.read(Purpose.HOOK, token)
    if pk is None:
        return None
    road = _operators() if pk == OPERATORS else _of_account(pk)
    return road if road and road.provider == provider else None


def provider_of(account: MailAccount) -> str:
    """Whose events come; "" where none do. Mail may leave by a provider's SMTP server."""
    named = str(account.options.get("hook_provider", "")) if account.provider == Provider.SMTP else account.provider
    return named if named in PROVIDERS else ""


def _operators() -> Road:
    return Road(
        routes.OPERATOR,
        settings.WEBHOOK_PROVIDER,
        key=settings.WEBHOOK_KEY,
        login=settings.WEBHOOK_LOGIN,
        topics=tuple(settings.SNS_TOPICS),
    )


def _of_account(pk: int) -> Road | None:
    """Whether it is switched on does not matter: events come for days after the mails."""
    account = MailAccount.objects.filter(pk=pk).first()
    provider = provider_of(account) if account else ""
    if account is None or not provider:
        return None
    secrets = own_roads.secrets(account) if account.secrets else {}
    key = secrets.get("webhook_key") or (secrets.get("api_key", "") if provider == _SIGNS_WITH_API_KEY else "")
    topics = [topic.strip() for topic in str(account.options.get("sns_topics", "")).replace("\n", ",").split(",")]
    return Road(
        routes.of_account(pk),
        provider,
        account.organization_id,
        key=key,
        login=secrets.get("webhook_login", ""),
        topics=tuple(topic for topic in topics if topic),
    )
