"""Lines of the log without the secrets that stand in addresses: whoever reads the log must not be able to use them."""

import logging
import re
from typing import Final

from django.core.exceptions import PermissionDenied

from nps_app.away import is_away

# Addresses whose next part opens something, and parameters whose value does.
_SECRET_PART: Final = re.compile(
    r"(/(?:accounts/confirm-email|accounts/password/reset/key|join|sender|v|(?:r|u|p|l|s|d)(?:/test)?|p/data|d/alerts|hooks/(?:mail|inbound)/\w+)/)"
    r"(?!set-password)[^/?#\s]{12,}"
)
_SECRET_VALUE: Final = re.compile(r"([?&](?:code|state|token|key)=)[^&#\s]+")


def without_secrets(line: str) -> str:
    return _SECRET_VALUE.sub(r"\1…", _SECRET_PART.sub(r"\1…", line))


class Formatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record))


class Refusals(logging.Filter):
    """A page refused to somebody, or while the database is away, is a line, not a traceback: real errors would drown."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, PermissionDenied) or (record.name == "django.request" and is_away(error)):
            record.exc_info = record.exc_text = None
        return True
