"""What people see when something breaks: 503 while the database is away, which passes, else 500."""

import logging
import sys
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.views import defaults

from nps_app.away import is_away

logger = logging.getLogger(__name__)

_RETRY_SECONDS: Final = 10


def failed(request: HttpRequest) -> HttpResponse:
    """Django calls it where the error is handled."""
    error = sys.exc_info()[1]
    if not is_away(error):
        return defaults.server_error(request)
    logger.warning("The database does not answer: %s", error)
    page = loader.get_template("503.html").render()
    return HttpResponse(page, status=503, headers={"Retry-After": str(_RETRY_SECONDS), "Cache-Control": "no-store"})
