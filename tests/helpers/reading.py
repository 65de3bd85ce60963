"""What a page says."""

import re
from html import unescape


def words(page: str) -> str:
    """The text of it in one line, without its head and styles."""
    page = re.sub(r"<(style|head)\b.*?</\1>", " ", page, flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())
