"""Large posts are taken one at a time by each process of the web server: of each mail there are a few copies in memory."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.http import HttpRequest

LARGE: Final = 2 * 1024 * 1024  # bytes
_PATIENCE: Final = 20.0  # seconds; then it is to be sent again
_one: Final = threading.Lock()


@contextmanager
def turn(request: HttpRequest) -> Iterator[bool]:
    """Whether this one may be read now."""
    if not is_large(request):
        yield True
        return
    is_ours = _one.acquire(timeout=_PATIENCE)
    try:
        yield is_ours
    finally:
        if is_ours:
            _one.release()


def is_large(request: HttpRequest) -> bool:
    """What does not say how long it is, is."""
    length = request.META.get("CONTENT_LENGTH") or ""
    return not length.isdecimal() or int(length) > LARGE
