"""Everything about a customer, for themselves: behind a link that was sent to the address on file."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from surveys.accounts.models import Organization
from surveys.core import bidi
from surveys.customers.models import Customer
from surveys.privacy import own_data
from surveys.privacy.own_data import Link
from surveys.privacy.preferences import masked
from surveys.responses import evidence, public_http
from surveys.responses.public_http import opened_by
from surveys.responses.style_views import style_url


@opened_by(own_data.read, "GET", "POST")
def data(request: HttpRequest, link: Link) -> HttpResponse:
    """GET shows, POST downloads or erases."""
    organization = Organization.objects.filter(pk=link.organization, deletes_at=None).first()
    if organization is None:
        return public_http.not_found()
    customer = link.opened()
    if link.is_expired or customer is None:
        return _page(organization, link, "public/own_data_over.html", is_expired=link.is_expired)
    if request.method != "POST":
        return _show(organization, link, customer)
    if not _is_ours(request, customer):
        return _show(organization, link, customer, status=403, is_stale=True)
    return _act(request, organization, link, customer)


def _act(request: HttpRequest, organization: Organization, link: Link, customer: Customer) -> HttpResponse:
    if "take" in request.POST:
        packed = own_data.take(customer=customer, at=timezone.now())
        headers = {"Content-Disposition": 'attachment; filename="data.zip"'}
        return HttpResponse(packed, content_type="application/zip", headers=headers)
    if "erase" in request.POST and request.POST.get("sure") != "yes":
        return _show(organization, link, customer, status=400, is_unsure=True)
    if "erase" in request.POST:
        own_data.erase(customer=customer, at=timezone.now())
        return _page(organization, link, "public/own_data_erased.html")
    return _show(organization, link, customer)


def _is_ours(request: HttpRequest, customer: Customer) -> bool:
    nonce = request.POST.get("nonce", "")
    return evidence.is_same_origin(request) and public_http.is_nonce(nonce, _nonce_of(customer))


def _nonce_of(customer: Customer) -> str:
    return f"data of {customer.pk}"


def _show(
    organization: Organization, link: Link, customer: Customer, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = {
        "address": bidi.isolated(masked(customer.email or ""), link.language),
        "nonce": public_http.make_nonce(_nonce_of(customer)),
        **more,
    }
    return _page(organization, link, "public/own_data.html", status=status, **context)


def _page(organization: Organization, link: Link, template: str, *, status: int = 200, **more: Any) -> HttpResponse:
    context = {
        "brand_name": bidi.isolated(organization.name, link.language),
        "has_logo": bool(organization.logo_digest),
        "style_url": style_url(organization.brand_color, organization.logo_digest),
        **more,
    }
    return public_http.page(template, context, language=link.language, status=status)
