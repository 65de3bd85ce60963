"""Answers whose time is over, by the organization's rules of retention: slice by slice, each one transaction. Running again
finds what is left."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction

from surveys.accounts.models import Organization
from surveys.customers.actions import restate_answers
from surveys.customers.models import Customer
from surveys.delivery.actions import forgetting as delivery
from surveys.responses import queries
from surveys.responses.actions import forgetting
from surveys.responses.models import Response, ResponseQuerySet

SLICE: Final = 500


def delete_aged(*, organization: Organization, before: datetime, at: datetime) -> int:
    """Delete the next responses of before then; they count no more. Returns how many."""
    with transaction.atomic():
        ids = _next(queries.aged(organization, before))
        invitations = delivery.hold_answered(organization_id=organization.pk, responses=ids)
        held = forgetting.hold(organization.pk, ids)
        people = people_of(held)
        forgetting.remove(organization_id=organization.pk, responses=held, at=at)
        forgetting.remove_evidence(organization_id=organization.pk, invitations=invitations)
        restate(organization.pk, people)
    return len(held)


def anonymize_aged(*, organization: Organization, before: datetime, at: datetime) -> int:
    """Cut the next responses of before then from who gave them; scores and comments stay. Returns how many."""
    with transaction.atomic():
        ids = _next(queries.aged_with_names(organization, before))
        invitations = delivery.hold_answered(organization_id=organization.pk, responses=ids)
        held = forgetting.hold(organization.pk, ids)
        people = people_of(held)
        forgetting.separate(organization_id=organization.pk, responses=held, at=at)
        delivery.let_go_of(organization_id=organization.pk, invitations=invitations, at=at)
        forgetting.blank_evidence(organization_id=organization.pk, invitations=invitations)
        restate(organization.pk, people)
    return len(held)


def delete_aged_comments(*, organization: Organization, before: datetime, at: datetime) -> int:
    """Take the comments of the next responses of before then; scores stay. Returns how many."""
    with transaction.atomic():
        ids = _next(queries.aged_with_comments(organization, before))
        held = forgetting.hold(organization.pk, ids)
        forgetting.remove_comments(organization_id=organization.pk, responses=held, at=at)
    return len(held)


def _next(found: ResponseQuerySet) -> list[int]:
    return sorted(found.values_list("pk", flat=True)[:SLICE])


def people_of(responses: Sequence[int]) -> list[int]:
    theirs = Response.objects.filter(pk__in=responses, customer__isnull=False)
    return sorted(set(theirs.values_list("customer_id", flat=True)))


def restate(organization_id: int, people: Sequence[int]) -> None:
    """What these customers' counted answers say together, counted anew: the last score would tell what they answered."""
    list(Customer.objects.select_for_update(no_key=True).filter(pk__in=people).order_by("pk").values_list("pk"))
    restate_answers(facts=queries.answer_facts(Organization(pk=organization_id), people))


# Addresses, numbers long enough to be a telephone's or an account's, links, and the customer's own name.
_REDACT: Final = r"""
    WITH aged AS (
        SELECT r.id, r.customer_id FROM surveys_response r
        WHERE r.organization_id = %(organization)s AND r.responded_at < %(before)s AND r.id > %(after)s
          AND (r.comment <> '' OR EXISTS (SELECT FROM surveys_responserevision v WHERE v.response_id = r.id AND v.comment <> '')
               OR EXISTS (SELECT FROM surveys_answer s WHERE s.response_id = r.id AND jsonb_typeof(s.value) = 'string'))
        ORDER BY r.id LIMIT %(limit)s
    ), named AS (
        SELECT a.id, CASE WHEN length(trim(c.name)) > 2
            THEN regexp_replace(trim(c.name), '([^[:alnum:][:space:]])', '\', 'g') ELSE '(?!)' END AS name
        FROM aged a LEFT JOIN surveys_customer c ON c.id = a.customer_id
    ), current AS (
        UPDATE surveys_response r SET comment = {redacted}, read_at = NULL
        FROM named n WHERE r.id = n.id AND r.comment IS DISTINCT FROM {redacted} RETURNING r.id
    ), earlier AS (
        UPDATE surveys_responserevision r SET comment = {redacted}
        FROM named n WHERE r.response_id = n.id AND r.comment IS DISTINCT FROM {redacted} RETURNING r.response_id AS id
    ), answered AS (
        UPDATE surveys_answer s SET value = to_jsonb({redacted_answer})
        FROM named n WHERE s.response_id = n.id AND jsonb_typeof(s.value) = 'string'
          AND s.value #>> '{{}}' IS DISTINCT FROM {redacted_answer} RETURNING s.response_id AS id
    )
    SELECT (SELECT max(id) FROM aged), (SELECT count(*) FROM
        (SELECT id FROM current UNION SELECT id FROM earlier UNION SELECT id FROM answered) t)
"""
_PATTERNS: Final = (
    ("'https?://[^[:space:]]+'", "'[…]'"),
    ("'[[:alnum:]._%%+-]+@[[:alnum:].-]+[.][[:alpha:]]{2,}'", "'[…]'"),
    ("'[+]?[0-9][0-9 ()/.-]{6,}[0-9]'", "'[…]'"),
    ("coalesce(n.name, '(?!)')", "'[…]'"),
)


def _redacted(expression: str) -> str:
    for pattern, instead in _PATTERNS:
        expression = f"regexp_replace({expression}, {pattern}, {instead}, 'gi')"
    return expression


def anonymize_aged_comments(
    *, organization: Organization, before: datetime, after: int = 0, limit: int = SLICE
) -> tuple[int, int]:
    """Black out what names somebody in the comments of the next responses behind `after` and of before then.

    Returns the last response looked at (0 when there is none) and how many were changed. No count changes.
    """
    scope: dict[str, Any] = {"organization": organization.pk, "before": before, "after": after, "limit": limit}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            _REDACT.format(redacted=_redacted("r.comment"), redacted_answer=_redacted("(s.value #>> '{}')")), scope
        )
        last, changed = cursor.fetchone()
    return last or 0, changed
