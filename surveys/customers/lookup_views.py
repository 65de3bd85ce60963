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
from surveys.responses import queries as responses
from surveys.responses.queries import Settling


@dataclass(frozen=True)
class Hit:
    """What is said of somebody at once."""

    customer: Customer
    conversation: Conversation | None
    settling: Settling | None  # answered a moment ago; it does not count yet


@require_GET
@vary_on_headers("HX-Request")
def page(request: OrganizationRequest) -> HttpResponse:
    words = request.GET.get("q", "")[: lookup.LONGEST].strip()
    people = lookup.found(request.organization, words)
    keys = [customer.pk for customer in people]
    standing = conversations.newest(request.organization, keys)
    settling = responses.settling_of(request.organization, keys)
    hits = [Hit(customer, standing.get(customer.pk), settling.get(customer.pk)) for customer in people]
    is_part = request.htmx and not request.htmx.history_restore_request
    template = "customers/_lookup_hits.html" if is_part else "customers/lookup.html"
    return render(request, template, {"hits": hits, "words": words, "shown": lookup.SHOWN})
