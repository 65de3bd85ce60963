"""Mails whose links can be clicked, many at once, and the statement of a click for pgbench."""

from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from surveys.core import tokens
from surveys.core.tokens import Purpose
from surveys.delivery.models import Invitation
from surveys.responses import kept, survey
from tests import factories

_CUSTOMERS = """
    INSERT INTO surveys_customer (organization_id, email, name, language, time_zone, properties, suppression,
        created_at, updated_at, asked_count, answered_count)
    SELECT %(organization)s, 'bench' || n || '@example.com', 'Person ' || n, '', '', '{}', '', %(at)s, %(at)s, 1, 0
    FROM generate_series(1, %(people)s) n RETURNING id
"""


def links(count: int) -> tuple[int, list[str]]:
    """The lowest invitation and the links of all of them, without the score at the end."""
    owner = factories.organization(factories.user("bench@example.com"), "Bench")
    campaign = factories.campaign(owner.organization)
    at = timezone.now() - timedelta(days=1)
    with connection.cursor() as cursor:
        cursor.execute(_CUSTOMERS, {"organization": owner.organization.pk, "people": count, "at": at})
        people = [pk for (pk,) in cursor.fetchall()]
    invitations = Invitation.objects.bulk_create(
        [
            Invitation(
                organization=owner.organization,
                campaign=campaign,
                customer_id=pk,
                occasion="wave:1",
                language="en",
                created_at=at,
                sent_at=at,
                sent_day=at.date(),
            )
            for pk in people
        ],
        batch_size=5000,
    )
    paths = [reverse("public:page", args=[tokens.make(Purpose.ANSWER, one.pk)]) for one in invitations]
    return min(one.pk for one in invitations), paths


def floor_script(first: int, count: int) -> str:
    """The product's statement with pgbench's variables in place of its parameters."""
    statement = survey.CLICK % {
        "invitation": ":invitation",
        "score": ":score",
        "at": "now()",
        "settles_at": f"now() + interval '{settings.SETTLE_SECONDS} s'",
        "lately": "now() - interval '10 min'",
        "most": settings.CLICKS_PER_LINK,
        "most_ever": kept.MOST,
        "network": "'127.0.0.0/24'",
        "user_agent": "''",
        "signals": "'{}'",
    }
    one_line = " ".join(statement.split())
    variables = f"\\set invitation random({first}, {first + count - 1})\n\\set score random(0, 10)\n"
    return f"{variables}{one_line};\n"
