"""Asking the name servers about an organization's sender domain: a row, a nudge, and the answer on the row."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction

from surveys.accounts import access, domain_checks
from surveys.accounts.domain_checks import Finding, Level, Part, Wanted
from surveys.accounts.models import DomainCheck, Membership, Organization
from surveys.accounts.permissions import Permission
from surveys.accounts.queries import domains as queries
from surveys.core.names import Names, NoAnswer
from surveys.outbox.nudges import nudge

_TASK: Final = "surveys.accounts.tasks.check_domain"
_SECONDS: Final = 20.0  # for all questions of a check together
_FORGOTTEN: Final = timedelta(hours=1)  # a check that was never done is not begun later than that


class NoDomain(Exception):
    """The organization sends from the operator's address, or from one whose domain cannot be asked about."""


def ask_for_check(*, organization: Organization, selectors: Sequence[str], by: Membership, at: datetime) -> DomainCheck:
    """A worker looks soon. Only the domain of the organization's own sender address is asked about. Raises NoDomain."""
    access.require(by, Permission.MANAGE_ORGANIZATION)
    address = queries.sender_address(organization)
    domain = queries.domain_of(address)
    if not domain:
        raise NoDomain(organization.pk)
    asked = {
        "reply_domain": queries.domain_of(organization.reply_to or address),
        "selectors": list(selectors),
        "asked_at": at,
    }
    with transaction.atomic():
        row, _is_new = DomainCheck.objects.update_or_create(organization=organization, domain=domain, defaults=asked)
        transaction.on_commit(lambda: nudge(_TASK, row.pk))
    return row


def check(*, pk: int, at: datetime) -> None:
    """Ask and store; nothing when it is answered already. A check that is asked for meanwhile is not answered by this."""
    row = DomainCheck.objects.waiting().filter(pk=pk).first()
    if row is None:
        return
    findings = [finding.as_json() for finding in _findings(row)]
    DomainCheck.objects.filter(pk=pk, asked_at=row.asked_at).update(findings=findings, checked_at=max(at, row.asked_at))


def _findings(row: DomainCheck) -> list[Finding]:
    selectors = dict.fromkeys([*row.selectors, *(signing.selector for signing in queries.signings())])
    wanted = Wanted(row.domain, row.reply_domain, tuple(selectors), settings.SPF_MECHANISMS)
    try:
        return domain_checks.check(wanted, Names(seconds=_SECONDS))
    except NoAnswer as silence:
        return [Finding(part, Level.UNKNOWN, "no_answer", {"name": str(silence)}) for part in Part]


def sweep_checks(*, at: datetime) -> None:
    """Those whose nudge was lost, or whose worker died."""
    lately = DomainCheck.objects.waiting().filter(asked_at__gt=at - _FORGOTTEN)
    late = lately.filter(asked_at__lt=at - timedelta(seconds=settings.SWEEP_SECONDS + _SECONDS))
    for pk in late.order_by("pk").values_list("pk", flat=True)[:100]:
        nudge(_TASK, pk)
