"""What customers chose on their preference page, and what colleagues may do about it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.customers import record
from surveys.customers.actions import preferences
from surveys.customers.models import Customer
from surveys.customers.queries.record import wish_of


@access.permitted(Permission.EDIT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def wish(request: OrganizationRequest, pk: int) -> HttpResponse:
    """What asking somebody as usual again means, who wished to be asked less often; POST does it."""
    customer = access.get(request.membership, Customer, pk)
    at = timezone.now()
    if request.method == "POST":
        preferences.lift(customer=customer, by=request.membership, at=at)
        messages.success(request, _("They are asked as usual again."))
        return redirect(customer)
    found = wish_of(customer, at=at)
    if found is None:
        messages.info(request, _("They did not wish to be asked less often any more."))
        return redirect(customer)
    often = record.often(found.days) if found.days else ""
    return render(request, "customers/wish.html", {"customer": customer, "wish": found, "often": often})
