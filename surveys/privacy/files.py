"""The document about one person as a file, with the files that they sent and got."""

import io
import json
import zipfile
from collections.abc import Iterable, Mapping

from django.core.serializers.json import DjangoJSONEncoder
from django.template.loader import render_to_string
from django.utils.translation import get_language

from surveys.customers.models import Property
from surveys.privacy.contributions import Document, File
from surveys.privacy.reading import sections


def as_json(document: Document) -> bytes:
    return json.dumps(document, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2).encode()


def as_zip(document: Document, declared: Mapping[str, Property], title: str, more: Iterable[File] = ()) -> bytes:
    """The same twice: for machines, and for people without one; and what stands in `files/`."""
    context = {"sections": sections(document, declared), "title": title, "language": get_language()}
    page = render_to_string("privacy/person_document.html", context)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", as_json(document))
        archive.writestr("data.html", page)
        for each in more:
            archive.writestr(f"files/{each.name}", each.data)
    return packed.getvalue()
