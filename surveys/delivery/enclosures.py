"""Files that go with a mail. Their bytes lie with whoever wrote it: that domain says here how they are found.

A message names them by kind and keys (`content["enclosures"]`); they are read when it is composed, and only then. See
docs/decisions/0012-files-of-mails.md.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email import encoders
from email.mime.base import MIMEBase
from typing import Any


@dataclass(frozen=True)
class Enclosure:
    name: str  # clean: neither a path nor a line break
    media_type: str
    data: bytes

    def part(self) -> MIMEBase:
        """In base64 whatever it is, so that it arrives byte by byte: mail programs may break lines of text anew."""
        main, _slash, sub = self.media_type.partition("/")
        part = MIMEBase(main, sub)
        part.set_payload(self.data)
        encoders.encode_base64(part)
        name = self.name if self.name.isascii() else ("utf-8", "", self.name)
        part.add_header("Content-Disposition", "attachment", filename=name)
        return part


class Gone(Exception):
    """A file that the message names is not there any more: it cannot be sent as it was written."""


Find = Callable[[int, Sequence[int]], Sequence[Enclosure]]

_finders: dict[str, Find] = {}


def contribute(kind: str, find: Find) -> None:
    """`find` is given an organization and keys, and returns the files that are there. From surveys/subscriptions.py."""
    _finders[kind] = find


def of(organization: int, content: dict[str, Any]) -> list[Enclosure]:
    """In the order in which the message names them. Raises Gone."""
    named = content.get("enclosures")
    if not named:
        return []
    found = list(_finders[named["kind"]](organization, named["keys"]))
    if len(found) != len(named["keys"]):
        raise Gone(f"{len(named['keys']) - len(found)} of {len(named['keys'])} files are gone")
    return found
