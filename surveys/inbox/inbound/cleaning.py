"""HTML from outside: what may stay of it in our pages, and what it says as text. Pure."""

import re
from html import unescape
from html.parser import HTMLParser
from typing import Final

import nh3

_DIRECTED: Final = ("p", "div", "blockquote", "ul", "ol", "li", "td", "th")
_TAGS: Final = {
    *("a", "b", "strong", "i", "em", "u", "s", "del", "ins", "sub", "sup", "code", "pre", "br", "hr", "span"),
    *("p", "div", "blockquote", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6"),
    *("table", "thead", "tbody", "tr", "td", "th"),
}
# No images (they tell their owner who reads), no styles, no forms, no ids or classes that our own scripts could mean.
_CLEANER: Final = nh3.Cleaner(
    tags=_TAGS,
    attributes={"a": {"href"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}},
    tag_attribute_values={tag: {"dir": {"ltr", "rtl", "auto"}} for tag in _DIRECTED},
    set_tag_attribute_values={"a": {"target": "_blank"}},
    clean_content_tags={"script", "style", "title", "noscript", "template", "iframe", "object", "svg", "math"},
    url_schemes={"http", "https", "mailto", "tel"},
    url_relative="deny",  # on our pages they would be addresses of ours
    link_rel="noopener noreferrer nofollow",
    strip_comments=True,
)
_BREAKS: Final = frozenset(
    {"p", "div", "blockquote", "ul", "ol", "li", "pre", "table", "tr", "hr", *(f"h{n}" for n in range(1, 7))}
)
_APART: Final = frozenset({"p", "blockquote", "ul", "ol", "pre", "table", *(f"h{n}" for n in range(1, 7))})
_LARGEST: Final = 1_000_000  # characters
_DEEPEST: Final = 300
_TAG: Final = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:]*)")
_ANY_TAG: Final = re.compile(r"<[^<>]*>?")
_VOID: Final = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
)


def clean(html: str) -> str:
    """Harmless in a page of ours; addresses that are not of the web lead nowhere. "" of what is too large or too deep."""
    return _CLEANER.clean(html).strip() if is_fit(html) else ""


def is_fit(html: str) -> bool:
    """Browsers' rules for broken HTML take time by the square of how deep it is: nobody writes mails as deep as that."""
    return len(html) <= _LARGEST and _depth(html) <= _DEEPEST


def _depth(html: str) -> int:
    """At least how deep it is."""
    now = deepest = 0
    for closing, tag in _TAG.findall(html):
        if tag.lower() in _VOID:
            continue
        now = max(0, now - 1) if closing else now + 1
        deepest = max(deepest, now)
    return deepest


def text_of(html: str) -> str:
    """What it says: lines, lists with dashes, and quotes with "> " as in mails without HTML."""
    if not is_fit(html):
        return unescape(_ANY_TAG.sub(" ", html)).strip()
    reader = _Reader()
    reader.feed(_CLEANER.clean(html))
    reader.close()
    return reader.text()


class _Reader(HTMLParser):
    """Of clean HTML only: that is well-formed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = []
        self._words: list[str] = []
        self._depth = 0  # of quotes
        self._kept = 0  # of <pre>

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "br":
            self._end_line()
        elif tag in _BREAKS:
            self._break(tag)
        self._depth += tag == "blockquote"
        self._kept += tag == "pre"
        if tag == "li":
            self._words.append("- ")
        elif tag in ("td", "th") and "".join(self._words).strip():
            self._words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BREAKS:
            self._break(tag)
        self._depth -= tag == "blockquote"
        self._kept -= tag == "pre"

    def handle_data(self, data: str) -> None:
        if not self._kept:
            self._words.append(_spaced(data))
            return
        first, *others = data.split("\n")
        self._words.append(first)
        for line in others:
            self._end_line()
            self._words.append(line)

    def text(self) -> str:
        self._break("div")
        return "\n".join(self._lines).strip("\n")

    def _break(self, tag: str) -> None:
        """Blocks begin on a line of their own; paragraphs are apart."""
        if "".join(self._words).strip():
            self._end_line()
        self._words.clear()
        if tag in _APART and self._lines and self._lines[-1].strip("> "):
            self._lines.append(">" * self._depth)

    def _end_line(self) -> None:
        said = "".join(self._words)
        quote = ">" * self._depth
        text = said.rstrip() if self._kept else " ".join(said.split())
        self._lines.append(f"{quote} {text}".rstrip() if quote else text)
        self._words.clear()


def _spaced(data: str) -> str:
    """As browsers do: white space is one space, and a space that does not break is one too."""
    found = " ".join(data.replace("\u00a0", " ").split())
    before = " " if data[:1].isspace() else ""
    after = " " if found and data[-1:].isspace() else ""
    return f"{before}{found}{after}"
