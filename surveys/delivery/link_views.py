"""Survey links: the rating row of a campaign, files of personal links, and one customer's link. See docs/links.md."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.campaigns import previews
from surveys.campaigns import queries as campaigns
from surveys.campaigns.models import Campaign, Status
from surveys.core import csvs, nps
from surveys.customers.models import Customer
from surveys.delivery import link_queries, links
from surveys.delivery.actions import linking
from surveys.delivery.actions.linking import Linked
from surveys.delivery.eligibility import UnknownAudience
from surveys.delivery.link_forms import CampaignForm, GroupForm, RowForm
from surveys.delivery.link_queries import NotRunning

# ── A campaign's links ───────────────────────────────────────────────────────────────────────────────────────────────


@require_safe
def campaign_links(request: OrganizationRequest, pk: int) -> HttpResponse:
    campaign = access.get(request.membership, Campaign, pk)
    form = _row_form(request, campaign)
    context = {
        "campaign": campaign,
        "form": form,
        "row": form.row,
        "query": request.GET.urlencode(),
        "why_not": why_not(campaign),
        "group_form": GroupForm(organization=request.organization),
        "can_export": access.can(request.membership, Permission.EXPORT_CUSTOMERS),
    }
    return render(request, "campaigns/links.html", context)


def _row_form(request: OrganizationRequest, campaign: Campaign) -> RowForm:
    form = RowForm(
        request.GET or None, campaign=campaign, wordings=campaigns.usable_wordings([(campaign.pk, campaign.version)])
    )
    form.is_valid()
    return form


def why_not(campaign: Campaign) -> str:
    """Why the campaign gives no links at the moment; "" when it does."""
    if campaign.is_live:
        return ""
    if campaign.is_draft or campaign.is_scheduled:
        return _(
            "The campaign was not launched yet. Until it is live, a click on the row is told that the survey is closed."
        )
    if campaign.status == Status.PAUSED:
        return _("The campaign is paused: answers are taken, and new personal links can be made once it goes on.")
    return _(
        "The campaign has ended: a click on the row is told that the survey is closed. Personal links still work for their time."
    )


@previews.in_a_frame
@require_safe
def row_preview(request: OrganizationRequest, pk: int) -> HttpResponse:
    """The row alone, as a mail program shows it; from here it can be copied into a signature."""
    campaign = access.get(request.membership, Campaign, pk)
    return render(request, "delivery/row_preview.html", {"row": _row_form(request, campaign).row})


@require_POST
def links_file(request: OrganizationRequest, pk: int) -> HttpResponseBase:
    """Personal links of many, as they are made: a list of any length takes the memory of one slice."""
    access.require(request.membership, Permission.EXPORT_CUSTOMERS)
    campaign = access.get(request.membership, Campaign, pk)
    form = GroupForm(request.POST, organization=request.organization)
    at = timezone.now()
    if not form.is_valid():
        messages.error(request, _("Choose whose links the file should have."))
        return redirect(access.url(request.organization, "delivery:links", pk=pk))
    try:
        rows = linking.export_links(campaign=campaign, group=form.wanted, by=request.membership, at=at)
    except NotRunning:
        messages.error(request, why_not(campaign) or _("The campaign is not live any more."))
    except UnknownAudience as error:
        messages.error(request, _("No links were made: %(problem)s") % {"problem": error})
    else:
        name = f"{request.organization.slug}-links-{pk}-{at:%Y-%m-%d}.csv"
        disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
        return StreamingHttpResponse(
            csvs.lines(_heading(), _table(rows)), content_type="text/csv; charset=utf-8", headers=disposition
        )
    return redirect(access.url(request.organization, "delivery:links", pk=pk))


def _heading() -> Sequence[str]:
    return [_("Email"), _("External ID"), _("Name"), _("Link"), *map(str, nps.SCALE)]


def _table(rows: Iterable[Linked]) -> Iterator[Sequence[str]]:
    for each in rows:
        yield [each.email, each.external_id, each.name, *links.with_scores(each.invitation)]


# ── One customer's link ──────────────────────────────────────────────────────────────────────────────────────────────


@access.permitted(Permission.EDIT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def customer_link(request: OrganizationRequest, pk: int) -> HttpResponse:
    customer = access.get(request.membership, Customer, pk)
    if request.method == "POST" and _makes(request, customer):
        return redirect(request.path)
    context: dict[str, Any] = {
        "customer": customer,
        "running": link_queries.running(request.organization),
        "links": link_queries.links_of(customer),
        "at": timezone.now(),
    }
    return render(request, "delivery/customer_link.html", context)


def _makes(request: OrganizationRequest, customer: Customer) -> bool:
    form = CampaignForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose a campaign."))
        return False
    campaign = access.get(request.membership, Campaign, form.cleaned_data["campaign"])
    make = linking.make_link_on_wish if form.cleaned_data["wish"] else linking.make_link
    try:
        make(campaign=campaign, customer=customer, by=request.membership, at=timezone.now())
    except NotRunning:
        messages.error(request, why_not(campaign) or _("The campaign is not live any more."))
        return False
    except linking.DoesNotWant:
        messages.error(request, _("This customer is not to be asked. Say that they asked for the link, if they did."))
        return False
    messages.success(request, _("The link is below. It is this customer's alone."))
    return True
