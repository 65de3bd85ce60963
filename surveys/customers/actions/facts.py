"""What campaigns must know about people, kept on the customer. Downstream writes it through these verbs, inside its own
transaction, so that the facts commit together with what they tell of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from surveys.customers.models import Customer


@dataclass(frozen=True)
class AnswerFacts:
    """What all counted responses of a customer say together; None and 0 when there is none."""

    customer_id: int
    last_answered_at: datetime | None = None
    last_score: int | None = None
    previous_score: int | None = None
    answered_count: int = 0


_TAKE = """
    UPDATE surveys_customer SET last_asked_at = %(at)s, asked_count = asked_count + 1
     WHERE id = ANY(%(ids)s)
       AND suppression = '' AND email IS NOT NULL
       AND (last_asked_at IS NULL OR last_asked_at <= %(asked_before)s)
 RETURNING id
"""


def take_for_asking(*, customer_ids: Sequence[int], asked_before: datetime, at: datetime) -> dict[int, datetime | None]:
    """Mark as asked who may be: not suppressed, with an address, never asked or last at `asked_before` or earlier.

    Returns what `last_asked_at` was by the id of each person taken: keep it, `give_back` needs it. Locks the people in
    the order of their ids: two claims never wait for each other in a circle, and the second sees what the first took.
    """
    with transaction.atomic():
        people = Customer.objects.select_for_update(no_key=True).filter(pk__in=list(customer_ids)).order_by("pk")
        before = dict(people.values_list("pk", "last_asked_at"))
        with connection.cursor() as cursor:
            cursor.execute(_TAKE, {"ids": list(before), "asked_before": asked_before, "at": at})
            return {pk: before[pk] for (pk,) in cursor.fetchall()}


_GIVE_BACK = """
    UPDATE surveys_customer c
       SET last_asked_at = CASE WHEN c.last_asked_at = %(at)s THEN given.before ELSE c.last_asked_at END,
           asked_count = greatest(c.asked_count - 1, 0)
      FROM unnest(%(ids)s::bigint[], %(before)s::timestamptz[]) AS given(id, before)
     WHERE c.id = given.id
"""


def give_back(*, taken: Mapping[int, datetime | None], at: datetime) -> None:
    """Undo `take_for_asking(at=at)` for people whose ask ended without having been sent.

    `taken` is what it returned for them. A later ask of the same person stands. Call it once per ask, in the
    transaction that ends the ask.
    """
    ids = sorted(taken)
    with transaction.atomic():
        list(Customer.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").values_list("pk"))
        with connection.cursor() as cursor:
            cursor.execute(_GIVE_BACK, {"ids": ids, "before": [taken[pk] for pk in ids], "at": at})


_PAST_ASKS = """
    WITH asked AS (
        SELECT id, max(at) AS at, count(*) AS asks FROM unnest(%(ids)s::bigint[], %(at)s::timestamptz[]) AS ask(id, at)
        GROUP BY id
    )
    UPDATE surveys_customer c
       SET last_asked_at = greatest(c.last_asked_at, asked.at), asked_count = c.asked_count + asked.asks
      FROM asked WHERE c.id = asked.id
"""


def record_past_asks(*, asks: Sequence[tuple[int, datetime]]) -> None:
    """Asks of an imported history, as pairs of customer id and time. Call it once per ask."""
    ids = sorted({customer_id for customer_id, _ in asks})
    with transaction.atomic():
        list(Customer.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").values_list("pk"))
        with connection.cursor() as cursor:
            cursor.execute(_PAST_ASKS, {"ids": [pk for pk, _ in asks], "at": [at for _, at in asks]})


_FIRST_ANSWER = """
    UPDATE surveys_customer
       SET answered_count = answered_count + 1,
           previous_score = CASE WHEN last_answered_at > %(at)s THEN previous_score ELSE last_score END,
           last_score = CASE WHEN last_answered_at > %(at)s THEN last_score ELSE %(score)s END,
           last_answered_at = greatest(last_answered_at, %(at)s)
     WHERE id = %(id)s RETURNING last_answered_at = %(at)s
"""


def record_answer(*, customer_id: int, score: int, at: datetime, first: bool) -> bool:
    """A response counts from now on (`first`), or a counted one has another score; whether it is the customer's latest.

    `at` is the response's `responded_at`. What an earlier one changes about the score before the latest is not known
    here: then count anew (`restate_answers`).
    """
    if not first:
        return bool(Customer.objects.filter(pk=customer_id, last_answered_at=at).update(last_score=score))
    with connection.cursor() as cursor:
        cursor.execute(_FIRST_ANSWER, {"id": customer_id, "score": score, "at": at})
        found = cursor.fetchone()
    return bool(found and found[0])


_RESTATE = """
    UPDATE surveys_customer c
       SET last_answered_at = f.at, last_score = f.last, previous_score = f.previous, answered_count = f.count
      FROM unnest(%(ids)s::bigint[], %(at)s::timestamptz[], %(last)s::int[], %(previous)s::int[], %(count)s::int[])
           AS f(id, at, last, previous, count)
     WHERE c.id = f.id
"""


def restate_answers(*, facts: Sequence[AnswerFacts]) -> None:
    """Set what the responses say, counted anew: after a response was uncounted, or a history was imported."""
    ordered = sorted(facts, key=lambda fact: fact.customer_id)
    ids = [fact.customer_id for fact in ordered]
    with transaction.atomic():
        list(Customer.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").values_list("pk"))
        with connection.cursor() as cursor:
            cursor.execute(
                _RESTATE,
                {
                    "ids": ids,
                    "at": [fact.last_answered_at for fact in ordered],
                    "last": [fact.last_score for fact in ordered],
                    "previous": [fact.previous_score for fact in ordered],
                    "count": [fact.answered_count for fact in ordered],
                },
            )
