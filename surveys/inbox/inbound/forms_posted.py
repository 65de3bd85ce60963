"""Forms with files in them (multipart/form-data), as some providers post mails: read in memory, within our own limit.

Django's reader knows one limit for all forms, and keeps the files of people who are signed in only.
"""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import HTTP
from typing import Final

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict

from surveys.inbox.inbound import charsets

MOST_FIELDS: Final = 1000
_BOUNDARY: Final = re.compile(r'boundary="?([^";,]{1,70})"?', re.IGNORECASE)


class Malformed(ValueError):
    """No form, or one with more fields than any provider sends."""


def fields(body: bytes, content_type: str) -> tuple[QueryDict, dict[str, SimpleUploadedFile]]:
    """Texts and files by name. Raises Malformed."""
    texts = QueryDict(mutable=True, encoding="utf-8")
    files: dict[str, SimpleUploadedFile] = {}
    for head, content in _parts(body, content_type):
        name = head.get_param("name", header="Content-Disposition")
        if not isinstance(name, str):
            continue
        if head.get_filename() is not None:
            file = SimpleUploadedFile(head.get_filename() or "file", content, head.get_content_type())
            files[name] = file
        else:
            texts.appendlist(name, charsets.text_of(content, head.get_content_charset()))
    return texts, files


def _parts(body: bytes, content_type: str) -> Iterator[tuple[EmailMessage, bytes]]:
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise Malformed("There is no boundary in the Content-Type.")
    pieces = (b"\r\n" + body).split(b"\r\n--" + found[1].encode())
    if len(pieces) > MOST_FIELDS:
        raise Malformed(f"There are more than {MOST_FIELDS} fields.")
    for piece in pieces[1:]:
        if piece.startswith(b"--"):
            return
        head, _blank, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        yield message_from_bytes(head + b"\r\n\r\n", policy=HTTP), content
    raise Malformed("The form ends before its end.")
