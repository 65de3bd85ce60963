"""To which team a conversation belongs: the first, in their order, one of whose themes the comment is about, or one of
whose words stands in it."""

import re
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import Any

from surveys.accounts.models import Organization
from surveys.inbox.models import Team
from surveys.responses.models import Response


def team_for(organization: Organization, response: Response | None) -> Team | None:
    """One statement. None for a response without a comment, and where no team wants it: then it is anybody's."""
    if response is None or not response.comment:
        return None
    return first(Team.objects.filter(organization=organization).order_by("position", "pk"), response)


def first(teams: Iterable[Team], response: Response) -> Team | None:
    text = folded(response.comment)
    return next((team for team in teams if wants(team.themes, team.words, response.themes, text)), None)


def wants(themes: Collection[Any], words: Sequence[str], found: Sequence[int], text: str) -> bool:
    """`found` are the themes of a comment, `text` is the comment itself, folded."""
    return not set(themes).isdisjoint(found) or any(says(text, word) for word in words)


def says(text: str, word: str) -> bool:
    """Whether a word, or words in this order, stand in a folded text. A star at the end stands for any ending.

    Scripts that write no spaces between words are searched as they are: there a word has no edges.
    """
    pattern = _pattern(word)
    return pattern is not None and pattern.search(text) is not None


@lru_cache(maxsize=4096)
def _pattern(word: str) -> re.Pattern[str] | None:
    wanted = folded(word)
    stem = re.escape(wanted.rstrip("*")).replace(r"\ ", r"\s+")
    if not stem:
        return None
    if not _has_edges(wanted):
        return re.compile(stem)
    edge = "" if wanted.endswith("*") else r"(?!\w)"
    return re.compile(rf"(?<!\w){stem}{edge}")


def folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _has_edges(word: str) -> bool:
    """Chinese, Japanese and Thai write words without spaces between them."""
    return not re.search(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]", word)
