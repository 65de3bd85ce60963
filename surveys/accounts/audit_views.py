"""The audit trail as a page and as a file."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from surveys.accounts import access, trail_words
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.actions.trail import export_trail
from surveys.accounts.models import AuditEntry
from surveys.accounts.permissions import Permission
from surveys.accounts.queries import trail as queries
from surveys.accounts.trail_filters import AUTOMATIC, OPERATOR, TrailFilters
from surveys.core import csvs


@access.permitted(Permission.VIEW_AUDIT)
@require_safe
@vary_on_headers("HX-Request")
def trail(request: OrganizationRequest) -> HttpResponse:
    filters = TrailFilters.from_query(request.GET)
    page = queries.trail_page(request.organization, filters, request.GET.get("after", ""))
    context = {
        "page": page,
        "entries": trail_words.tell(request.organization, page.entries),
        "next_url": f"?{filters.to_query(after=page.after)}" if page.after else "",
    }
    if request.htmx and not request.htmx.history_restore_request:
        return render(request, "accounts/_trail_rows.html", context)
    return render(request, "accounts/trail.html", context | _controls(request, filters))


def _controls(request: OrganizationRequest, filters: TrailFilters) -> dict[str, Any]:
    organization = request.organization
    acts = [(act, trail_words.act_name(act)) for act in queries.acts(organization)]
    kinds = [(kind, trail_words.kind_name(kind)) for kind in queries.kinds(organization)]
    return {
        "filters": filters,
        "people": [(str(pk), name) for pk, name in queries.actors(organization)],
        "others": [(AUTOMATIC, _("Nobody: by itself, or not signed in")), (OPERATOR, _("Operators of this server"))],
        "acts": sorted(acts, key=lambda act: act[1].casefold()),
        "kinds": sorted(kinds, key=lambda kind: kind[1].casefold()),
        "trail_url": access.url(organization, "audit:trail"),
        "export_url": f"{access.url(organization, 'audit:export')}?{filters.to_query()}",
    }


@require_POST
def export(request: OrganizationRequest) -> StreamingHttpResponse:
    """A CSV of what the page's filters let through, written as it is read."""
    at = timezone.now()
    entries = export_trail(by=request.membership, filters=TrailFilters.from_query(request.GET), at=at)
    return StreamingHttpResponse(
        csvs.lines(_HEADING, _rows(entries)),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{request.organization.slug}-audit-{at:%Y%m%d-%H%M%S}.csv"'
        },
    )


_HEADING = ["time", "person", "operator", "action", "kind", "target", "name", "via", "ip", "browser", "details"]


def _rows(entries: Iterable[AuditEntry]) -> Iterator[list[object]]:
    for entry in entries:
        yield [
            entry.at.isoformat(),
            entry.actor_email,
            "yes" if entry.is_operator else "",
            entry.action,
            entry.target_type,
            entry.target_id,
            entry.target_name,
            entry.via,
            entry.ip or "",
            entry.agent,
            csvs.as_json(entry.details),
        ]
