"""Who is on the phone: a box on every page, and a page of its own for where there is no script."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from surveys.accounts.access import OrganizationRequest
from surveys.customers.models import Customer
from surveys.customers.queries import lookup
from surveys.inbox import of_customers as conversations
from surveys.inbox.of_customers import Conversation


@dataclass(frozen=True)
class Hit:
    """What is said of somebody at once."""

    customer: Customer
    conversation: Conversation | None


@require_GET
@vary_on_headers("HX-Request")
def page(request: OrganizationRequest) -> HttpResponse:
    words = request.GET.get("q", "")[: lookup.LONGEST].strip()
    people = lookup.found(request.organization, words)
    standing = conversations.newest(request.organization, [customer.pk for customer in people])
    hits = [Hit(customer, standing.get(customer.pk)) for customer in people]
    is_part = request.htmx and not request.htmx.history_restore_request
    template = "customers/_lookup_hits.html" if is_part else "customers/lookup.html"
    return render(request, template, {"hits": hits, "words": words, "shown": lookup.SHOWN})
