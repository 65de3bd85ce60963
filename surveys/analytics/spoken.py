"""The languages that filters can name."""

from collections import defaultdict
from datetime import date

from surveys.accounts.models import Organization
from surveys.analytics.counting.counts import fetched


def spoken(organization: Organization, first: date, last: date) -> dict[str, set[str]]:
    """Of answers ("language") and of comments ("comment_language"), as far as these days are folded; one statement."""
    statement = """
        SELECT DISTINCT dimension, value FROM surveys_scorecount
        WHERE organization_id = %s AND dimension IN ('language', 'comment_language')
              AND day BETWEEN %s AND %s AND value <> ''
    """
    found: dict[str, set[str]] = defaultdict(set)
    for name, value in fetched(statement, [organization.pk, first, last]):
        found[name].add(value)
    return found
