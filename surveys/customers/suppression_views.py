"""Addresses that must not be mailed: the list, adding one, and mailing one again after reading what that means."""

from typing import Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.customers import addresses
from surveys.customers.actions import blocking
from surveys.customers.models import Customer, Suppression, SuppressionReason
from surveys.customers.queries import suppressions as queries
from surveys.customers.suppression_memory import SHARED
from surveys.delivery import telling

WARNINGS: Final = {
    SuppressionReason.UNSUBSCRIBED: gettext_lazy(
        "The person asked not to be mailed. Mail them again only when they have asked you to: in many countries anything"
        " else is against the law, and they will report the mail as spam."
    ),
    SuppressionReason.BOUNCED: gettext_lazy(
        "The mail server said that there is no such mailbox. If the address was wrong, correct it on the customer instead."
        " Mailing it again when it bounces once more harms your reputation with mailbox providers."
    ),
    SuppressionReason.COMPLAINED: gettext_lazy(
        "The person reported a survey as spam. Mailing them again can get all your mail blocked: large providers"
        " count complaints, and one in a thousand is too many."
    ),
    SuppressionReason.BLOCKED: gettext_lazy("Somebody of your organization decided that this address is not mailed."),
    SuppressionReason.ERASED: gettext_lazy(
        "The person was erased, probably because they asked for it. Mail them again only when they have become your"
        " customer anew and know it."
    ),
}


@require_http_methods(["GET", "HEAD", "POST"])
def suppressions(request: OrganizationRequest) -> HttpResponse:
    if request.method == "POST":
        return _block(request)
    return _show(request)


def _show(request: OrganizationRequest, typed: str = "", problem: str = "") -> HttpResponse:
    reason = request.GET.get("reason", "")
    reason = reason if reason in SuppressionReason.values else ""
    address = request.GET.get("q", "").replace("\0", "").strip()[:254]
    after = request.GET.get("after", "")
    page = queries.page(
        request.organization,
        reason=reason,
        address=address,
        after=int(after) if after.isdecimal() and len(after) < 19 else 0,
    )
    kept = {name: value for name, value in (("reason", reason), ("q", address)) if value}
    context = {
        "page": page,
        "reason": reason,
        "address": address,
        "reasons": [(value, label, page.counts.get(value, 0)) for value, label in SuppressionReason.choices],
        "next_url": "?" + urlencode(kept | {"after": page.after}) if page.after else "",
        "first_url": "?" + urlencode(kept) if after else "",
        "can_edit": access.can(request.membership, Permission.EDIT_CUSTOMERS),
        "can_import": access.can(request.membership, Permission.IMPORT_CUSTOMERS),
        "can_export": access.can(request.membership, Permission.EXPORT_CUSTOMERS),
        "typed": typed,
        "problem": problem,
        "is_address": addresses.cleaned(address) is not None,
    }
    return render(request, "customers/suppressions.html", context, status=400 if problem else 200)


def _block(request: OrganizationRequest) -> HttpResponse:
    typed = request.POST.get("address", "").replace("\0", "")[:300]
    try:
        is_new = blocking.block(address=typed, by=request.membership, at=timezone.now())
    except blocking.NotAnAddress:
        problem = _("“%(address)s” is not an email address. Write one like ada@example.com.") % {"address": typed}
        return _show(request, typed, problem)
    said = _("%(address)s will not be mailed.") if is_new else _("%(address)s was not mailed before either.")
    messages.success(request, said % {"address": typed.strip()})
    return _back(request)


def _back(request: OrganizationRequest) -> HttpResponse:
    """To the record that the button stood on, or to the list."""
    pk = request.POST.get("customer", "")
    if pk.isdecimal() and len(pk) < 19:
        return redirect(access.get(request.membership, Customer, int(pk)))
    return redirect(access.url(request.organization, "customers:suppressions"))


@access.permitted(Permission.EDIT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def suppression(request: OrganizationRequest, pk: int) -> HttpResponse:
    """What mailing this address again means; POST does it."""
    found = access.get(request.membership, Suppression, pk)
    customer = queries.who_has(request.organization, [found.address_hash]).get(found.address_hash)
    if request.method == "POST":
        blocking.lift(suppression=found, by=request.membership, at=timezone.now())
        messages.success(request, _("The address may be mailed again."))
        return redirect(customer or access.url(request.organization, "customers:suppressions"))
    context = {
        "suppression": found,
        "customer": customer,
        "warning": WARNINGS[SuppressionReason(found.reason)],
        "cause": telling.cause(found),
        "is_shared": found.source == SHARED,
    }
    return render(request, "customers/suppression.html", context)
