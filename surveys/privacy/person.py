"""Everything that is kept about one customer, as one document: for the person who asks what is known about them."""

from datetime import datetime
from typing import Any, Final

from django.db.models import F, Q

from surveys.accounts.models import AuditEntry
from surveys.customers.models import Customer, CustomerChange, CustomerEvent
from surveys.customers.queries.record import suppression_of
from surveys.delivery.models import Delivery, Invitation, PlanDecision
from surveys.privacy import contributions
from surveys.privacy.contributions import Document
from surveys.responses import answer_queries as answers
from surveys.responses.models import ClickEvent, Response, ResponseRevision

_PROFILE: Final = (
    "id",
    "email",
    "name",
    "external_id",
    "phone",
    "language",
    "time_zone",
    "rest_days",
    "resting_until",
    "created_at",
    "updated_at",
    "last_asked_at",
    "asked_count",
    "last_answered_at",
    "last_score",
    "previous_score",
    "answered_count",
)


def everything(customer: Customer, *, at: datetime) -> Document:
    """As JSON can say it, in a fixed number of statements. Sections without anything are there, and empty. Those of other
    domains come last."""
    mine: dict[str, Any] = {"organization": customer.organization_id, "customer": customer}
    invitations = list(Invitation.objects.filter(**mine).values_list("pk", flat=True).order_by("pk"))
    return {
        "about": {"company": customer.organization.name, "exported_at": at},
        "profile": {name: getattr(customer, name) for name in _PROFILE} | {"owner": str(customer.owner or "")},
        "properties": customer.properties,
        "not_mailed": _not_mailed(customer),
        "events": _rows(CustomerEvent.objects.filter(**mine), "kind", "event_id", "occurred_at", "received_at", "data"),
        "changes": _rows(CustomerChange.objects.filter(**mine), "at", "source", "changes"),
        "invitations": _invitations(invitations),
        "messages": _messages(customer, invitations),
        "decisions": _rows(PlanDecision.objects.filter(**mine), "reason", "until", "decided_at", of="campaign__name"),
        "responses": _responses(mine),
        "more_answers": _more_answers(customer),
        "earlier_answers": _earlier_answers(customer),
        "page_visits": _visits(customer, invitations),
        "acts_of_colleagues": _acts(customer),
        **{part.name: part.rows(customer) for part in contributions.parts()},
    }


def _rows(found: Any, *names: str, of: str = "") -> list[Document]:
    more = {"campaign": F(of)} if of else {}
    if not more:
        return list(found.order_by("pk").values(*names))
    named = found.order_by("pk").annotate(campaign_name=F(of)).values("campaign_name", *names)
    return [{"campaign": row.pop("campaign_name")} | row for row in named]


def _not_mailed(customer: Customer) -> list[Document]:
    found = suppression_of(customer)
    return [{"reason": found.reason, "source": found.source, "at": found.at}] if found else []


def _invitations(ids: list[int]) -> list[Document]:
    names = (
        "occasion",
        "language",
        "properties",
        "created_at",
        "sent_at",
        "bounced_at",
        "answered_at",
        "unsubscribed_at",
    )
    return _rows(Invitation.objects.filter(pk__in=ids), *names, of="campaign__name")


def _messages(customer: Customer, ids: list[int]) -> list[Document]:
    """Surveys, and what colleagues and rules wrote to them, and about their own wishes."""
    names = ("kind", "state", "reason", "to_address", "message_id", "content", "created_at", "sent_at", "last_error")
    letters = Q(organization=customer.organization_id, campaign=None, customer=customer)
    return _rows(Delivery.objects.filter(Q(invitation__in=ids) | letters), *names, of="campaign__name")


def _responses(mine: dict[str, Any]) -> list[Document]:
    when = ("responded_at", "updated_at", "excluded_at", "judged_at", "judged_note")
    names = ("score", "comment", "channel", "language", "verdict", *when)
    return _rows(Response.objects.filter(**mine), *names, of="campaign__name")


def _more_answers(customer: Customer) -> list[Document]:
    """To the questions after the score."""
    theirs = Response.objects.filter(organization=customer.organization_id, customer=customer)
    responses = list(theirs.select_related("customer", "campaign").order_by("pk"))
    told = answers.told(customer.organization, responses)
    return [
        {"campaign": str(response.campaign), "question": each.question, "answer": each.value}
        for response in responses
        for each in told.get(response.pk, [])
    ]


def _earlier_answers(customer: Customer) -> list[Document]:
    theirs = ResponseRevision.objects.filter(organization=customer.organization_id, response__customer=customer)
    return _rows(theirs, "score", "comment", "at", of="response__campaign__name")


def _visits(customer: Customer, invitations: list[int]) -> list[Document]:
    clicks = ClickEvent.objects.filter(organization=customer.organization_id, invitation_id__in=invitations)
    return _rows(clicks, "at", "kind", "score", "network", "user_agent", "signals")


def _acts(customer: Customer) -> list[Document]:
    """What colleagues did with this person's record; who they were is not the person's business."""
    trail = AuditEntry.objects.filter(
        organization=customer.organization_id, target_type="customer", target_id=customer.pk
    )
    return _rows(trail, "at", "action")
