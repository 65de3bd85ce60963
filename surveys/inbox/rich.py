"""What colleagues type, with a little of Markdown: **bold**, *italic*, lists and [links](https://…). As HTML and as text.

A library reads it, with everything else switched off, and nh3 cleans what comes out: nothing that anybody typed, names of
people included, is ever HTML of ours. Pure.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Final

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

from surveys.inbox import mentions

TAGS: Final = {"p", "br", "strong", "em", "ul", "ol", "li", "a"}
_ATTRIBUTES: Final = {"a": {"href"}, "ol": {"start"}}
_SCHEMES: Final = {"http", "https", "mailto"}
_RULES: Final = ("emphasis", "escape", "link", "linkify", "list", "newline", "autolink")


def html(text: str, names: Sequence[str] = ()) -> str:
    """Clean HTML; each of `names` that follows an @ is bold."""
    tokens = _reader().parse(text)
    for token in tokens:
        if token.children:
            token.children = list(_with_names(token.children, names))
    written = _reader().renderer.render(tokens, _reader().options, {})
    return clean(written)


def clean(written: str) -> str:
    return nh3.clean(
        written, tags=TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel="noopener noreferrer nofollow"
    ).strip()


def plain(text: str) -> str:
    """As a mail without HTML has it: marks are gone, links stand behind what they are under."""
    return "\n".join(_lines(_reader().parse(text))).strip()


@cache
def _reader() -> MarkdownIt:
    reader = MarkdownIt("zero", {"html": False, "breaks": True, "linkify": True, "maxNesting": 20})
    reader.enable(list(_RULES))
    assert reader.linkify is not None
    reader.linkify.set({"fuzzy_link": False, "fuzzy_email": True})  # "example.com" may be a name; "https://…" is none
    return reader


# ── Names ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def _with_names(tokens: Sequence[Token], names: Sequence[str]) -> Iterator[Token]:
    for token in tokens:
        yield from _split(token, names) if token.type == "text" and names else [token]


def _split(token: Token, names: Sequence[str]) -> Iterator[Token]:
    said = mentions.pattern(names).split(token.content)
    for number, piece in enumerate(said):
        if number % 2:
            yield from (Token("strong_open", "strong", 1), _text(piece), Token("strong_close", "strong", -1))
        else:
            yield _text(piece)


def _text(content: str) -> Token:
    token = Token("text", "", 0)
    token.content = content
    return token


# ── As text ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def _lines(tokens: Sequence[Token]) -> Iterator[str]:
    """One paragraph or point after the other; points of lists within lists are set further in."""
    lists: list[int | None] = []  # the number of the next point; None in lists without numbers
    mark = ""
    for token in tokens:
        match token.type:
            case "bullet_list_open":
                lists.append(None)
            case "ordered_list_open":
                lists.append(int(token.attrGet("start") or 1))
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
                if not lists:
                    yield ""
            case "list_item_open":
                mark = "- " if lists[-1] is None else f"{lists[-1]}. "
                lists[-1] = None if lists[-1] is None else lists[-1] + 1
            case "inline":
                margin = "  " * (len(lists) - 1)
                yield margin + mark + _inline(token.children or []).replace("\n", f"\n{margin}{' ' * len(mark)}")
                mark = ""
                if not lists:
                    yield ""


def _inline(tokens: Sequence[Token]) -> str:
    said: list[str] = []
    links: list[tuple[str, int]] = []
    for token in tokens:
        if token.type == "link_open":
            links.append((str(token.attrGet("href")), len(said)))
        elif token.type == "link_close":
            href, start = links.pop()
            words = "".join(said[start:])
            said.append("" if _is_same(words, href) else f" ({href.removeprefix('mailto:')})")
        else:
            said.append(_SAID.get(token.type, lambda of: str(of.content))(token))
    return "".join(said)


_SAID: Final[dict[str, Callable[[Token], str]]] = {
    "softbreak": lambda _of: "\n",
    "hardbreak": lambda _of: "\n",
}


def _is_same(words: str, href: str) -> bool:
    return href.removeprefix("mailto:").rstrip("/") == words.rstrip("/")
