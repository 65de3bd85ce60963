"""/health/ for whatever watches the web server: a proxy, a container engine, the supervisor of `make run`.

200 when people are served, 503 when the database does not answer. Redis is mentioned and fails nothing: without it
pages and clicks still work, and what workers have to do waits as rows.
"""

import logging
from collections.abc import Callable

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

PATIENCE = 1.0  # seconds for Redis


class HealthMiddleware:
    """Stands first: who watches asks for 127.0.0.1, which is not among the hosts that pages answer to."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.path = reverse("health")

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return health(request) if request.path_info == self.path else self.get_response(request)


@login_not_required
@never_cache
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    found = {"database": _database_answers(), "redis": _redis_answers()}
    words = {name: "ok" if answers else "down" for name, answers in found.items()}
    return JsonResponse(words, status=200 if found["database"] else 503)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as error:
        logger.warning("The database does not answer: %s", error)
        return False
    return True


def _redis_answers() -> bool:
    try:
        with _redis() as client:
            client.ping()
    except redis.RedisError as error:
        logger.warning("Redis does not answer: %s", error)
        return False
    return True


def _redis() -> redis.Redis:
    """Celery writes a socket's address as redis+socket://, redis-py as unix://."""
    return redis.Redis.from_url(
        settings.REDIS_URL.replace("redis+socket://", "unix://", 1),
        socket_connect_timeout=PATIENCE,
        socket_timeout=PATIENCE,
        retry=Retry(NoBackoff(), 0),
    )
