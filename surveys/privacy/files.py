"""The document about one person as a file."""

import io
import json
import zipfile

from django.core.serializers.json import DjangoJSONEncoder
from django.template.loader import render_to_string
from django.utils.translation import get_language

from surveys.privacy.person import Document, sections


def as_json(document: Document) -> bytes:
    return json.dumps(document, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2).encode()


def as_zip(document: Document, title: str) -> bytes:
    """The same twice: for machines, and for people without one."""
    context = {"sections": sections(document), "title": title, "language": get_language()}
    page = render_to_string("privacy/person_document.html", context)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", as_json(document))
        archive.writestr("data.html", page)
    return packed.getvalue()
