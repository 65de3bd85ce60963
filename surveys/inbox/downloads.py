"""Files of people whom nobody knows: only ever saved. Whatever one claims to be, the browser does not look into it."""

from typing import Final

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from surveys.core import large
from surveys.inbox import files
from surveys.inbox.models import Attachment

_HARMLESS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}


def file(found: Attachment) -> HttpResponse:
    return saved(large.read(found, "data"), files.clean_name(found.name))


def saved(data: bytes, name: str) -> HttpResponse:
    """`name` is clean."""
    answer = HttpResponse(data, content_type="application/octet-stream", headers=_HARMLESS)
    answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    return answer
