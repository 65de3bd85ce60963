"""What rules and links keep about a customer, for the export of one person. Contributed in surveys/subscriptions.py."""

from typing import Any, Final

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from surveys.automation.models import LinkKind, LinkVisit, RuleRun, RunOutcome, TrackedLink
from surveys.customers.models import Customer
from surveys.privacy.contributions import Document, Part


def _mine(customer: Customer, path: str, value: Any) -> dict[str, Any]:
    return {"organization": customer.organization_id, path: value}


def _rows(found: Any, *names: str, **more: F) -> list[Document]:
    return list(found.order_by("pk").values(*names, **more))


def _runs(customer: Customer) -> list[Document]:
    found = RuleRun.objects.filter(**_mine(customer, "customer", customer))
    return _rows(found, "at", "outcome", "score", name=F("rule__name"))


def _links(customer: Customer) -> list[Document]:
    found = TrackedLink.objects.filter(**_mine(customer, "customer", customer))
    return _rows(found, "id", "kind", "target", "created_at", "visits", "signups", name=F("site__name"))


def _visits(customer: Customer) -> list[Document]:
    """Of their links: of a referral link by those whom they passed it on to, who are not known."""
    found = LinkVisit.objects.filter(**_mine(customer, "link__customer", customer), is_robot=False)
    return _rows(found, "at", "what", of=F("link"))


def _recommended(customer: Customer) -> list[Document]:
    """That they came by a recommendation; whose it was is not theirs to know."""
    return _rows(LinkVisit.objects.filter(**_mine(customer, "newcomer_id", customer.pk)), "at")


PARTS: Final = (
    Part("rules", _("Automation rules"), _runs, labels={"name": _("Name")}, choices={"outcome": RunOutcome}),
    Part(
        "links",
        _("Links to review sites, and to recommend us"),
        _links,
        labels={"target": _("Leads to"), "signups": _("Sign-ups")},
        choices={"kind": LinkKind},
    ),
    Part("link_visits", _("Visits of these links"), _visits, labels={"of": _("Link"), "what": _("What")}),
    Part("recommended", _("Came by a recommendation"), _recommended),
)
