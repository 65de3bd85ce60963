"""A peer, measured beside us: `python -m tests.bench.django_nps_peer ORGANIZATION FIRST LAST` gives django-nps the counted
responses of an organization as its own rows, in a schema of its own, and prints how many seconds a year's score and its trend
by week take it, by the one method that it has for scores (`net_promoter_score` of a query set).

What it is spared: all rows are of one user, and its tables are vacuumed and analyzed.
"""

import sys
import time
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any, Final

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from nps_app import env

SCHEMA: Final = "bench_django_nps"
ROUNDS: Final = 3
_COPY: Final = """
    INSERT INTO net_promoter_score_userscore (user_id, timestamp, score, reason, "group", source)
    SELECT u.id, r.responded_at, r.score, r.comment,
           CASE WHEN r.score >= 9 THEN 'promoter' WHEN r.score >= 7 THEN 'neutral' ELSE 'detractor' END, r.channel
    FROM public.surveys_response r, auth_user u
    WHERE r.organization_id = %s AND r.verdict = 'confirmed' AND r.excluded_at IS NULL
"""


def main(organization: int, first: date, last: date) -> None:
    database: dict[str, Any] = env.database("DATABASE_OWNER_URL")
    options = {**database.get("OPTIONS", {}), "options": f"-c search_path={SCHEMA}"}
    settings.configure(
        SECRET_KEY="bench",
        DATABASES={"default": {**database, "OPTIONS": options}},
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "net_promoter_score"],
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        USE_TZ=True,
    )
    django.setup()
    _fill(organization)
    from net_promoter_score.models import UserScore  # noqa: PLC0415 (its models need the settings)

    def figures() -> None:
        ends = [datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (first, last + timedelta(days=1))]
        UserScore.objects.filter(timestamp__gte=ends[0], timestamp__lt=ends[1]).net_promoter_score()
        for week in range(52):
            start = ends[1] - timedelta(weeks=52 - week)
            scores = UserScore.objects.filter(timestamp__gte=start, timestamp__lt=start + timedelta(weeks=1))
            scores.net_promoter_score()

    print(median(_timed(figures) for _ in range(ROUNDS)))


def _fill(organization: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
        cursor.execute(f"CREATE SCHEMA {SCHEMA}")
        call_command("migrate", verbosity=0)
        cursor.execute(
            "INSERT INTO auth_user (password, is_superuser, username, first_name, last_name, email, is_staff, is_active,"
            " date_joined) VALUES ('', false, 'bench', '', '', '', false, true, '2020-01-01')"
        )
        cursor.execute(_COPY, [organization])
        cursor.execute("VACUUM ANALYZE net_promoter_score_userscore")


def _timed(work: Any) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main(int(sys.argv[1]), date.fromisoformat(sys.argv[2]), date.fromisoformat(sys.argv[3]))
