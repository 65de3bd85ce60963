"""What senders find out about a road, told to all of them. See docs/delivery.md."""

from datetime import datetime
from typing import Any, Final

from django.db import connection

from surveys.delivery import routes
from surveys.delivery.models import MailAccount, RouteState

FIRST_WAIT: Final = 5  # seconds; doubled with each failure in a row
LONGEST_WAIT: Final = 300

# Several senders find out about the same failure: it counts once.
_LOST: Final = """
    INSERT INTO surveys_routestate (route, failures, problem, unreachable_until, updated_at)
    VALUES (%(route)s, 1, %(problem)s, %(at)s + greatest(%(wait)s, %(first)s) * interval '1 second', %(at)s)
    ON CONFLICT (route) DO UPDATE
    SET failures = least(surveys_routestate.failures + 1, 20), problem = excluded.problem, updated_at = excluded.updated_at,
        unreachable_until = %(at)s
            + greatest(%(wait)s, least(%(longest)s, %(first)s * power(2, surveys_routestate.failures))) * interval '1 second'
    WHERE surveys_routestate.unreachable_until IS NULL OR surveys_routestate.unreachable_until <= excluded.updated_at
"""


def lose_road(*, route: str, problem: str, at: datetime, wait: int = 0) -> None:
    """It cannot be reached, or keeps senders waiting: all leave it alone for a while, longer each time, and not
    less than the seconds that it has asked for."""
    params: dict[str, Any] = {"route": route, "problem": problem[:500], "at": at, "wait": wait}
    with connection.cursor() as cursor:
        cursor.execute(_LOST, params | {"first": FIRST_WAIT, "longest": LONGEST_WAIT})


def find_road(*, route: str, at: datetime) -> None:
    """A message was taken there."""
    lost = RouteState.objects.filter(route=route, failures__gt=0)
    lost.update(failures=0, unreachable_until=None, problem="", updated_at=at)
    MailAccount.objects.filter(pk=routes.account_of(route) or 0).exclude(problem="").update(problem="")


def note_problem(*, route: str, problem: str) -> None:
    """Why the provider takes nothing from an organization's account: its page says so."""
    MailAccount.objects.filter(pk=routes.account_of(route) or 0).update(problem=problem[:500])
