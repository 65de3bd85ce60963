"""Looks at answers as a browser reads them: whether text of somebody became more than text."""

import csv
import io
import re
from html.parser import HTMLParser
from typing import Any, Final

MARK: Final = "x-mark"
# First what ends an attribute of either kind and begins an element, then what ends the elements whose text is raw.
HOSTILE: Final = f"\"'><{MARK} onclick=1></title></textarea></style></script><script>{MARK}</script><!--"
FORMULA: Final = '=HYPERLINK("https://evil.example","x")'

_ATTRIBUTE: Final = re.compile(r"[a-z][a-z0-9_.:-]*")
_ADDRESSES: Final = {"href", "src", "action", "formaction", "hx-get", "hx-post", "poster", "data", "srcset", "ping"}
_RUNS: Final = re.compile(r"\s*(javascript|vbscript|data:text)", re.IGNORECASE)
# Names that customers chose are kept as they are, but for what ends a header's text, opens a tag or is a path.
_FILE_NAME: Final = re.compile(r'(attachment|inline)(; filename="[^"<>\\/]+")?(; filename\*=UTF-8\'\'[\w.%-]+)?')
_BEGINS_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_NUMBER: Final = re.compile(r"[+-]?\d[\d.,:T+-]*")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.problems: list[str] = []
        self.text: list[str] = []
        self._open = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._open = tag
        if tag == MARK:
            self.problems.append(f"<{tag}> became an element")
        if tag == "script" and "src" not in given:
            self.problems.append("a script in the page")
        for name, value in attrs:
            if name.startswith("on") or name == "style" or not _ATTRIBUTE.fullmatch(name):
                self.problems.append(f"attribute {name!r} of <{tag}>")
            if name in _ADDRESSES and _RUNS.match(value or ""):
                self.problems.append(f"{name}={value!r} of <{tag}>")
        self.text += [value or "" for _, value in attrs]

    def handle_data(self, data: str) -> None:
        if self._open == "script" and data.strip():
            self.problems.append(f"a script says {data[:60]!r}")
        self.text.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._open = ""


def problems_of_page(html: str, *, may_have_styles: bool = False) -> tuple[list[str], str]:
    """What is wrong, and all that can be read on the page and in its attributes."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    found = [each for each in reader.problems if not (may_have_styles and "attribute 'style'" in each)]
    return found, " ".join(reader.text)


def problems_of_file(content: bytes) -> list[str]:
    """Cells that a spreadsheet would compute."""
    rows = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    cells = [cell for row in rows for cell in row]
    return [cell for cell in cells if cell.startswith(_BEGINS_FORMULA) and not _NUMBER.fullmatch(cell)]


def is_sandboxed(answer: Any) -> bool:
    """A preview in a frame: mails have styles of their own, and nothing in it runs or goes anywhere."""
    policy = answer.headers.get("Content-Security-Policy", "")
    parts = {part.strip() for part in policy.split(";")}  # in whatever order they come
    return {"sandbox", "default-src 'none'"} <= parts and "script-src" not in policy


def is_strict(policy: str) -> bool:
    return "unsafe" not in policy and "default-src 'self'" in policy and "object-src 'none'" in policy


def problems_of_headers(answer: Any) -> list[str]:
    found = []
    disposition = answer.headers.get("Content-Disposition", "")
    if disposition and not _FILE_NAME.fullmatch(disposition):
        found.append(f"Content-Disposition: {disposition}")
    for name, value in answer.headers.items():
        if re.search(r"[\r\n\0]", value):
            found.append(f"a line break in {name}")
    policy = answer.headers.get("Content-Security-Policy", "")
    if not (is_sandboxed(answer) or is_strict(policy)):
        found.append(f"Content-Security-Policy: {policy}")
    if answer.headers.get("X-Content-Type-Options") != "nosniff":
        found.append("no nosniff")
    if answer.headers.get("X-Frame-Options") not in ("SAMEORIGIN", "DENY"):
        found.append(f"may be framed: {answer.headers.get('X-Frame-Options')}")
    return found
