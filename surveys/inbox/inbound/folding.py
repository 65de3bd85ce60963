"""What somebody wrote, and what their mail program put below it: older mails, signatures. Pure.

What is folded away is kept, and one click away. When in doubt nothing is folded: a quote too many is read over, a
sentence too few is lost.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from surveys.inbox.inbound import cleaning, quote_words

_WORDS: Final = re.compile(r"\w+")
_ATTRIBUTION_LINES: Final = 3  # mail programs wrap "On …, … wrote:" to so many
_HEADER_LINES: Final = 7
_AGREEMENT: Final = 0.8  # of the words of the text that the HTML must have
_SAME: Final = 0.6  # of the words of both that must be in either
_ADDRESSES: Final = re.compile(r"\S*(?:://|@|cid:|mailto:)\S*")
_ADDRESS: Final = re.compile(r"<[^<>@\s]{1,100}@[^<>\s]{1,200}>\s*[:：]\Z")
_RULE: Final = re.compile(r"[\s_*\-–—=]{5,}")


def _one_of(words: Sequence[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_WROTE: Final = re.compile(
    rf"(?:{_one_of(quote_words.WROTE)})\b.{{0,120}}[:：]\s*\Z|[:：]?\s*(?:写道|寫道)\s*[:：]\s*\Z", re.IGNORECASE
)
_FROM: Final = re.compile(rf"[\s>*]*(?:{_one_of(quote_words.FROM)})\s?\*?\s?[:：]\*?\s*\S", re.IGNORECASE)
_OTHER: Final = re.compile(rf"[\s>*]*(?:{_one_of(quote_words.OTHERS)})\s?\*?\s?[:：]", re.IGNORECASE)
_ORIGINAL: Final = re.compile(
    rf"[\s>]*[-_–— ]{{2,}}\s*(?:{_one_of(quote_words.ORIGINAL)})\s*[-_–— ]{{2,}}\s*", re.IGNORECASE
)


@dataclass(frozen=True)
class Folded:
    own: str
    quoted: str = ""


def fold(text: str) -> Folded:
    """`own` is never empty unless `text` is."""
    lines = [line.rstrip() for line in text.strip("\n").split("\n")]
    cut = _beginning_of_quote(lines)
    if not _said(lines[:cut]) or (cut == len(lines) and _begins_with_quote(lines)):
        return _below_the_quote(lines)
    own, quoted = lines[:cut], lines[cut:]
    end = _end_of_words(own)
    return Folded(_joined(own[:end]), _joined(own[end:] + quoted))


@dataclass(frozen=True)
class Looks:
    """Clean HTML, or "". What differs from the text may be whatever the sender wants people to see, or not to."""

    html: str = ""
    differs: bool = False


def looks(html: str, own: str, text: str) -> Looks:
    """Of what was written, without what follows; of all when that is not to be found in it. `text` is all of the mail's."""
    if not html or not cleaning.is_fit(html):
        return Looks(differs=bool(html))
    found = quote_words.HTML_MARKS.search(html)
    kept = html[: found.start()] if found else html
    said, wanted = _words(cleaning.text_of(kept)), _words(own)
    agrees = wanted and len(wanted & said) >= _AGREEMENT * len(wanted) and len(said) <= len(wanted) * 2 + 20
    differs = not _is_same(_words(text), _words(cleaning.text_of(html)))
    return Looks(cleaning.clean(kept if agrees and not differs else html), differs)


def _words(text: str) -> set[str]:
    """Without addresses, which programs write into one of the two alone."""
    return set(_WORDS.findall(_ADDRESSES.sub(" ", text.lower())))


def _is_same(text: set[str], html: set[str]) -> bool:
    return len(text & html) >= _SAME * len(text | html)


def _beginning_of_quote(lines: Sequence[str]) -> int:
    """The line from which everything to the end is quoted; the number of lines when nothing is."""
    for at in range(len(lines)):
        if _ORIGINAL.fullmatch(lines[at]) or _is_block(lines, at):
            return _without_rule(lines, at)
        if length := _attribution(lines, at):
            return at if _is_quoted_to_the_end(lines, at, length) else _tail(lines)
    return _tail(lines)


def _without_rule(lines: Sequence[str], at: int) -> int:
    """Outlook draws a line before its block."""
    before = at
    while before and not lines[before - 1].strip():
        before -= 1
    return before - 1 if before and _RULE.fullmatch(lines[before - 1]) else at


def _is_block(lines: Sequence[str], at: int) -> bool:
    """ "From: …", and two of "Sent:", "To:", "Subject:" at once below it, in whatever language."""
    if not (":" in lines[at] or "：" in lines[at]) or not _FROM.match(lines[at]):
        return False
    near = [line for line in lines[at + 1 : at + _HEADER_LINES] if line.strip()]
    return sum(bool(_OTHER.match(line)) for line in near) >= 2


def _attribution(lines: Sequence[str], at: int) -> int:
    """How many lines from here say who wrote what follows; 0 when they do not."""
    for length in range(1, _ATTRIBUTION_LINES + 1):
        piece = lines[at : at + length]
        if len(piece) < length or not all(line.strip() for line in piece):
            return 0
        joined = " ".join(line.lstrip("> ") for line in piece)
        if len(joined) <= 400 and joined.endswith((":", "：")) and (_WROTE.search(joined) or _ADDRESS.search(joined)):
            return length
    return 0


def _is_quoted_to_the_end(lines: Sequence[str], at: int, length: int) -> bool:
    """Either all that follows has "> " before it, or nothing has, and the line above names a day or an address."""
    rest = [line for line in lines[at + length :] if line.strip()]
    quoted = sum(line.lstrip().startswith(">") for line in rest)
    if quoted:
        return quoted == len(rest) or not _said(lines[_last_quoted(lines) + 1 :])
    words = " ".join(lines[at : at + length])
    return bool(rest) and any(char.isdigit() or char == "@" for char in words)


def _last_quoted(lines: Sequence[str]) -> int:
    return max((at for at, line in enumerate(lines) if line.lstrip().startswith(">")), default=-1)


def _tail(lines: Sequence[str]) -> int:
    """Where the quoted lines at the very end begin, with who is said to have written them."""
    at = len(lines)
    while at and (not lines[at - 1].strip() or lines[at - 1].lstrip().startswith(">")):
        at -= 1
    if not any(line.startswith(">") for line in map(str.lstrip, lines[at:])):
        return len(lines)
    for length in range(1, _ATTRIBUTION_LINES + 1):
        if at >= length and _attribution(lines, at - length) == length:
            return at - length
    return at


def _begins_with_quote(lines: Sequence[str]) -> bool:
    rest = [line for line in lines[_attribution(lines, 0) :] if line.strip()]
    return bool(rest) and rest[0].lstrip().startswith(">")


def _below_the_quote(lines: Sequence[str]) -> Folded:
    """Who answers below what is quoted has written what follows it."""
    last = _last_quoted(lines)
    own = lines[last + 1 :]
    if last < 0 or not _said(own) or any(_said([line]) for line in _between_quotes(lines[: last + 1])):
        return Folded(_joined(lines))
    end = _end_of_words(own)
    return Folded(_joined(own[:end]), _joined([*lines[: last + 1], *own[end:]]))


def _between_quotes(lines: Sequence[str]) -> Sequence[str]:
    first = next(at for at, line in enumerate(lines) if line.lstrip().startswith(">"))
    return [line for line in lines[first:] if not line.lstrip().startswith(">")]


def _end_of_words(lines: Sequence[str]) -> int:
    """Before the signature: "-- " on a line of its own (RFC 3676), or what a phone adds."""
    for at, line in enumerate(lines):
        if line in ("--", "-- ") and _said(lines[:at]):
            return at
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    is_device = end and quote_words.DEVICE.fullmatch(lines[end - 1].strip()) and _said(lines[: end - 1])
    return end - 1 if is_device else len(lines)


def _said(lines: Sequence[str]) -> bool:
    return any(line.strip() for line in lines)


def _joined(lines: Sequence[str]) -> str:
    return "\n".join(lines).strip("\n")
