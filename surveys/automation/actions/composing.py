"""A rule's mail for one customer: what its placeholders stand for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from surveys.accounts.models import User
from surveys.automation import letters, link_queries
from surveys.automation.actions import linking
from surveys.automation.actions.refusals import LeftOut
from surveys.automation.letters import Written
from surveys.automation.models import RuleRun
from surveys.core import placeholders, tokens
from surveys.core.tokens import Purpose
from surveys.customers.models import Customer


@dataclass(frozen=True)
class _To:
    run: RuleRun
    customer: Customer
    at: datetime


def compose(act: Mapping[str, Any], run: RuleRun, customer: Customer, sender: User | None, at: datetime) -> Written:
    """Raises LeftOut: a link that the mail needs leads nowhere."""
    used = letters.used(act["subject"], act["text"])
    organization = customer.organization
    values = placeholders.values(
        name=customer.name, email=customer.email or "", company=organization.name, language=customer.language or "en"
    )
    values["sender"] = str(sender) if sender else organization.sender_name or organization.name
    values["score"] = "" if run.score is None else str(run.score)
    to = _To(run, customer, at)
    for name in sorted(used & letters.NEEDED):
        values[name] = _LINKS[name](to)
    return letters.written(act["subject"], act["text"], values)


def _survey_link(to: _To) -> str:
    if to.run.invitation_id is None:
        raise LeftOut(_("The answer has no page of its own that the mail could lead to."))
    page = reverse("public:page", args=[tokens.make(Purpose.ANSWER, to.run.invitation_id)])
    return f"{settings.PUBLIC_URL}{page}"


def _review_link(to: _To) -> str:
    site = linking.first_site(to.customer.organization, to.run.score)
    if site is None:
        raise LeftOut(_("There is no review site for them."))
    address = linking.review_address(
        site=site, customer=to.customer, response_id=to.run.response_id, score=to.run.score, at=to.at
    )
    if not address:
        raise LeftOut(_("The customer is gone."))
    return address


def _referral_link(to: _To) -> str:
    target = link_queries.referral_target(to.customer.organization_id)
    if not target:
        raise LeftOut(_("No page is set where friends land, or referrals are switched off."))
    address = linking.referral_address(
        target=target, customer=to.customer, response_id=to.run.response_id, score=to.run.score, at=to.at
    )
    if not address:
        raise LeftOut(_("The customer is gone."))
    return address


_LINKS: Final[dict[str, Callable[[_To], str]]] = {
    letters.SURVEY_LINK: _survey_link,
    letters.REVIEW_LINK: _review_link,
    letters.REFERRAL_LINK: _referral_link,
}
