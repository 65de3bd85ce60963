"""A part of a page as it reads where nobody can click: the same figures and drawings, no way further in."""

import re
from html.parser import HTMLParser
from typing import Final

from django.utils.safestring import SafeString, mark_safe

UNWRAPPED: Final = frozenset({"a", "form"})
LEFT_OUT: Final = frozenset({"button", "script", "select", "textarea", "template", "dialog"})
EMPTY: Final = frozenset({"input", "link", "meta"})  # left out too, and never closed
CONTROLS: Final = frozenset({"button", "segmented", "toolbar", "take-away", "menu", "without-print", "without-sheet"})
VOID: Final = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "source", "track", "wbr"})
_ASKING: Final = re.compile(r"""\s(?:hx-[\w:-]+|data-rows)(?:="[^"]*")?""")


def unlinked(html: str) -> SafeString:
    """Without links, forms and what else is to be pressed. `html` is what a template of ours made."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return mark_safe("".join(reader.kept))


class _Reader(HTMLParser):
    """`inside` counts how deep it is in something that is left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.kept: list[str] = []
        self.inside = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in EMPTY or tag in VOID:
            self._keep_start(tag)
        elif self.inside or tag in LEFT_OUT or CONTROLS & set((dict(attrs).get("class") or "").split()):
            self.inside += 1
        else:
            self._keep_start(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._keep_start(tag)

    def _keep_start(self, tag: str) -> None:
        if not self.inside and tag not in UNWRAPPED and tag not in EMPTY:
            self.kept.append(_ASKING.sub("", self.get_starttag_text() or ""))

    def handle_endtag(self, tag: str) -> None:
        if self.inside:
            self.inside -= 1
        elif tag not in UNWRAPPED:
            self.kept.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self._keep(data)

    def handle_entityref(self, name: str) -> None:
        self._keep(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._keep(f"&#{name};")

    def _keep(self, text: str) -> None:
        if not self.inside:
            self.kept.append(text)
