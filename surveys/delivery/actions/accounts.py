"""An organization's own account with a mail provider: entered, tried, switched off and on, removed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import formataddr
from functools import partial
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from surveys.accounts import access, audit
from surveys.accounts.models import Membership, Organization
from surveys.accounts.permissions import Permission
from surveys.accounts.queries import senders
from surveys.campaigns import actions as campaigns
from surveys.campaigns.models import Campaign
from surveys.core import clock
from surveys.delivery import own_roads, routes, trying
from surveys.delivery.actions.ending import cancel
from surveys.delivery.models import Delivery, Kind, MailAccount, Pace, Queue, RouteState, State
from surveys.outbox.nudges import nudge


class NoAccount(Exception):
    """Somebody else has removed it."""


@dataclass(frozen=True)
class Wanted:
    """What somebody has entered. `secrets` are the new ones; None is a secret to forget; others stay as they are."""

    provider: str
    options: Mapping[str, str]
    secrets: Mapping[str, str | None] = field(default_factory=dict)
    mails_a_second: float | None = None


def save_account(*, organization: Organization, wanted: Wanted, by: Membership, at: datetime) -> MailAccount:
    """Store the account as soon as the provider accepts it; mail takes it from then on if it did already, or if it is new.

    Asks the provider before anything is stored, for a few seconds at most: what is there goes on working until then.
    Raises trying.NotAccepted.
    """
    access.require(by, Permission.MANAGE_ORGANIZATION)
    _require_allowed()
    stored = MailAccount.objects.filter(organization=organization).first()
    account = _candidate(organization, stored, wanted, at)
    trying.account(account, sender=_sender(organization))
    account.checked_at = account.updated_at = at
    account.problem = ""
    with transaction.atomic():
        there = MailAccount.objects.select_for_update().filter(organization=organization).first()
        if there is not None:
            account.pk, account.is_on, account.created_at = there.pk, there.is_on, there.created_at
        else:
            account.is_on = True
        account.save(force_insert=there is None, force_update=there is not None)
        _forget_state(account)
        replaced = sorted(name for name, value in wanted.secrets.items() if value)
        audit.record(by, "mail_account.saved", account, at=at, options=account.options, replaced=replaced)
    return account


def _require_allowed() -> None:
    if not settings.OWN_MAIL_ACCOUNTS:
        raise PermissionDenied("the operator does not allow accounts of one's own")


def _candidate(organization: Organization, stored: MailAccount | None, wanted: Wanted, at: datetime) -> MailAccount:
    kept = own_roads.readable_secrets(stored) if stored and stored.provider == wanted.provider else {}
    secrets = {name: value for name, value in (kept | dict(wanted.secrets)).items() if value}
    return MailAccount(
        organization=organization,
        provider=wanted.provider,
        options=dict(wanted.options),
        secrets=own_roads.sealed(secrets),
        mails_a_second=wanted.mails_a_second,
        created_at=at,
        updated_at=at,
    )


def _sender(organization: Organization) -> str:
    return organization.sender_email or senders.default_address()


def _forget_state(account: MailAccount) -> None:
    """What was found out about the road with the settings of before."""
    RouteState.objects.filter(route=routes.of_account(account.pk)).delete()


def switch_account(*, organization: Organization, on: bool, by: Membership, at: datetime) -> None:
    """Off: mail takes the operator's road. On: its own, if the provider still accepts the account.

    Messages that a sender has taken go the way they were to go. Raises NoAccount, trying.NotAccepted.
    """
    access.require(by, Permission.MANAGE_ORGANIZATION)
    account = _of(organization)
    changes: dict[str, Any] = {"is_on": on, "updated_at": at}
    if on:
        _require_allowed()
        trying.account(account, sender=_sender(organization))
        changes |= {"checked_at": at, "problem": ""}
    with transaction.atomic():
        if MailAccount.objects.filter(pk=account.pk).exclude(is_on=on).update(**changes):
            _forget_state(account)
            audit.record(by, f"mail_account.switched_{'on' if on else 'off'}", account, at=at)


def remove_account(*, organization: Organization, by: Membership, at: datetime) -> None:
    """With its secrets. Mail takes the operator's road; tests that wait are cancelled. Raises NoAccount."""
    access.require(by, Permission.MANAGE_ORGANIZATION)
    account = _of(organization)
    route = routes.of_account(account.pk)
    with transaction.atomic():
        audit.record(by, "mail_account.removed", account, at=at)
        due = Delivery.objects.filter(organization=organization, kind=Kind.TEST, content__route=route, state=State.DUE)
        ids = list(due.order_by("pk").values_list("pk", flat=True))
        cancel(ids, reason=_("The account was removed."), at=at)
        _forget_state(account)
        Pace.objects.filter(key=f"route:{route}").delete()
        MailAccount.objects.filter(pk=account.pk).delete()


def test_account(*, organization: Organization, by: Membership, at: datetime) -> Delivery:
    """Send a mail to oneself through exactly this account, also while it is off. Raises NoAccount."""
    access.require(by, Permission.MANAGE_ORGANIZATION)
    _require_allowed()
    account = _of(organization)
    named = {"provider": account.get_provider_display(), "organization": organization.name}
    content = {
        "subject": _("[Test] A mail through %(provider)s") % named,
        "text": _(
            "This mail left through the account of %(organization)s with %(provider)s.\n\n"
            "Look at its headers for SPF, DKIM and DMARC: they should say “pass”."
        )
        % named,
        "sender": formataddr((organization.sender_name or organization.name, _sender(organization))),
        "route": routes.of_account(account.pk),
    }
    with transaction.atomic():
        delivery = Delivery.objects.create(
            organization=organization,
            kind=Kind.TEST,
            queue=Queue.EMAIL,
            to_address=by.user.email,
            content=content,
            due_at=min(at, clock.now()),  # by the clock that senders go by
            created_at=at,
        )
        audit.record(by, "mail_account.tested", account, at=at, to=by.user.email)
        transaction.on_commit(partial(nudge, "surveys.delivery.tasks.send_system"))
    return delivery


def stop_refused(*, route: str, problem: str, at: datetime) -> None:
    """The provider does not let the account in any more: campaigns pause with its words, and tests say so at once.

    Nothing for the operator's road: whoever looks after it reads the log, and others cannot mend it.
    """
    account = MailAccount.objects.select_related("organization").filter(pk=routes.account_of(route) or 0).first()
    if account is None:
        return
    with transaction.atomic():
        MailAccount.objects.filter(pk=account.pk).update(problem=problem[:500])
        tests = Delivery.objects.filter(
            organization=account.organization, kind=Kind.TEST, content__route=route, state=State.DUE
        )
        tests.update(state=State.FAILED, reason=_("The message could not be sent."), last_error=problem, finished_at=at)
    if not account.is_on:
        return
    reason = _("Your mail provider does not let us in: %(reply)s") % {"reply": problem}
    for campaign in Campaign.objects.live().filter(organization=account.organization).order_by("pk"):
        campaigns.pause_because(campaign=campaign, reason=reason, at=at)


def _of(organization: Organization) -> MailAccount:
    account = MailAccount.objects.filter(organization=organization).first()
    if account is None:
        raise NoAccount
    return account
