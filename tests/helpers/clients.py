"""Django's test clients share one chain of middlewares: each would look through all static files for one of its own."""

from typing import Any

from django.core.signals import setting_changed
from django.test.client import ClientHandler

_loaded: list[ClientHandler] = []  # whose chain it is: one, or none
_load = ClientHandler.load_middleware


def share_middleware() -> None:
    ClientHandler.load_middleware = _share  # type: ignore[method-assign, assignment]
    setting_changed.connect(_forget)


def _share(self: ClientHandler, is_async: bool = False) -> None:
    if not _loaded:
        _load(self, is_async)
        _loaded.append(self)
    self._middleware_chain = _loaded[0]._middleware_chain  # type: ignore[attr-defined]


def _forget(**_changed: Any) -> None:
    """Middlewares read settings when they are made. Clients that have a chain keep it, as they would."""
    _loaded.clear()
