"""A rule's mail as somebody would get it, shown to its author: of somebody real who answered lately, and sent to nobody.

Links are told of and not made: a link that is followed here would be the customer's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils.translation import gettext as _

from surveys.accounts.models import Membership, Organization, User
from surveys.automation import letters, trying
from surveys.automation.checking import Draft
from surveys.automation.models import Rule, Trigger
from surveys.automation.subjects import root
from surveys.core import placeholders
from surveys.core.conditions.catalogue import Root
from surveys.core.conditions.validation import BadCondition
from surveys.customers.models import Customer
from surveys.responses.models import Response, Verdict

_RECENT: Final = 50
_LATELY: Final = timedelta(days=90)  # who was silent


@dataclass(frozen=True)
class Example:
    """Somebody whom the rule would have met lately; else whoever answered last; without answers, nobody real."""

    name: str
    email: str
    language: str
    score: int | None
    owner: User | None
    is_met: bool
    is_real: bool = True


@dataclass(frozen=True)
class Shown:
    sender: str
    to: str
    subject: str
    text: str


def example(draft: Draft, organization: Organization, at: datetime) -> Example:
    found = _of_silence(draft, organization, at) if root(draft.trigger) is Root.CUSTOMER else None
    return found or _of_answers(draft, organization, at) or _nobody(draft)


def _of_answers(draft: Draft, organization: Organization, at: datetime) -> Example | None:
    answers = Response.objects.filter(
        organization=organization, verdict=Verdict.CONFIRMED, excluded_at=None, customer__email__isnull=False
    )
    if draft.trigger == Trigger.COMMENTED:
        answers = answers.exclude(comment="")
    recent = list(answers.select_related("customer__owner").order_by("-responded_at", "-pk")[:_RECENT])
    if not recent:
        return None
    is_about_them = root(draft.trigger) is Root.RESPONSE
    met = (
        _met([each.pk for each in recent], draft, organization, recent[-1].responded_at, at) if is_about_them else set()
    )
    response = next((each for each in recent if each.pk in met), recent[0])
    assert response.customer is not None
    return _of_customer(response.customer, response.score, is_met=response.pk in met)


def _of_silence(draft: Draft, organization: Organization, at: datetime) -> Example | None:
    people = Customer.objects.filter(organization=organization, email__isnull=False).select_related("owner")
    recent = {each.pk: each for each in people.order_by("-pk")[:_RECENT]}
    met = _met(list(recent), draft, organization, at - _LATELY, at)
    found = next((customer for pk, customer in recent.items() if pk in met), None)
    return _of_customer(found, None, is_met=True) if found else None


def _met(ids: list[int], draft: Draft, organization: Organization, since: datetime, at: datetime) -> set[int]:
    """Whom of them the rule would have met: as its trial counts them, with what each is compared with."""
    rule = Rule(
        organization=organization,
        trigger=draft.trigger,
        conditions=dict(draft.conditions),
        silent_days=draft.silent_days,
    )
    try:
        return trying.met_among(rule, ids, since, at)
    except BadCondition:
        return set()


def _of_customer(customer: Customer, score: int | None, *, is_met: bool) -> Example:
    return Example(customer.name, customer.email or "", customer.language or "en", score, customer.owner, is_met=is_met)


def _nobody(draft: Draft) -> Example:
    score = None if draft.trigger == Trigger.SILENT else 3
    return Example("Ada Okafor", "ada@example.com", "en", score, None, is_met=False, is_real=False)


def shown(act: Mapping[str, Any], of: Example, by: Membership, colleagues: Mapping[int, str]) -> Shown:
    """`colleagues` are the names of those who may be its senders."""
    organization = by.organization
    sender = _sender(act, of, organization, colleagues)
    values = placeholders.values(name=of.name, email=of.email, company=organization.name, language=of.language)
    values |= {"sender": sender, "score": "" if of.score is None else str(of.score)}
    values |= {
        letters.SURVEY_LINK: _("[the link to their answer]"),
        letters.REVIEW_LINK: _("[the link to a review site]"),
        letters.REFERRAL_LINK: _("[their own link to recommend you]"),
    }
    written = letters.written(str(act.get("subject") or ""), str(act.get("text") or ""), values)
    return Shown(sender, of.email, written.subject, written.text)


def _sender(act: Mapping[str, Any], of: Example, organization: Organization, colleagues: Mapping[int, str]) -> str:
    """Colleagues who have left are passed over, as when it is sent."""
    user = act.get("user") if act.get("from") == "user" else None
    if act.get("from") == "owner" and of.owner is not None:
        user = of.owner.pk
    name = colleagues.get(user) if isinstance(user, int) else None
    return name or organization.sender_name or organization.name
