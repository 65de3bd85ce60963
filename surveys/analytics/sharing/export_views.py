"""Any table of any page as a file: the same address parameters, the same figures."""

from django.http import Http404, HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.analytics.actions import exports
from surveys.analytics.counting.scanning import Unfinished
from surveys.analytics.sharing import about, asking, exported
from surveys.analytics.tables import Asked, as_sheet
from surveys.analytics.waiting import counting
from surveys.core.spreadsheets import FORMS, as_file


def asked_of(request: OrganizationRequest) -> Asked:
    sees_hidden = access.sees_hidden_properties(request.membership)
    return asking.asked(request.organization, request.GET, at=timezone.now(), sees_hidden=sees_hidden)


@require_safe
def table(request: OrganizationRequest, page: str, table: str, form: str) -> HttpResponseBase:
    asked = asked_of(request)
    try:
        found = exported.table(page, table, asked) if form in FORMS else None
    except Unfinished as unfinished:
        return counting(request, unfinished)
    if found is None:
        raise Http404
    if found.names_people:
        access.require(request.membership, Permission.EXPORT_CUSTOMERS)
        exports.note_table(page=page, table=table, form=form, look=asked.look, by=request.membership, at=asked.at)
    sheet = as_sheet(found, about.about(str(exported.SOURCES[page].label), asked))
    return as_file(sheet, form, about.file_name(page, table, asked))
