"""Lists of addresses that must not be mailed: read and counted first, worked off in slices when somebody says so."""

import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any, Final

from django.db import connection, transaction

from surveys.accounts import access, audit
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.customers import addresses, suppression_memory
from surveys.customers.actions.imports import NotPossibleNow
from surveys.customers.importing import suppressions as reading
from surveys.customers.importing.staging import copy_rows
from surveys.customers.models import (
    Customer,
    SuppressionLine,
    SuppressionList,
    SuppressionListStatus,
    SuppressionReason,
)
from surveys.outbox import actions as outbox
from surveys.outbox.nudges import nudge

SLICE: Final = 20_000  # lines
WORK: Final = "surveys.customers.tasks.work_on_suppression_list"
KEEP_DAYS: Final = 7  # lists that nobody decided about, and refused lines
_PIECE: Final = 2_000
_PIECE_SECONDS: Final = 20.0


def read(
    *, name: str, pieces: Iterable[bytes], reason: SuppressionReason, by: Membership, at: datetime
) -> SuppressionList:
    """Store the lines and say what they would do; nothing is suppressed yet. Raises BadFile."""
    access.require(by, Permission.IMPORT_CUSTOMERS)
    with transaction.atomic():
        found = SuppressionList.objects.create(
            organization=by.organization,
            name=name[:255],
            status=SuppressionListStatus.CHECKED,
            created_by=by.user,
            created_at=at,
            **dict.fromkeys(("lines", "good", "repeated", "refused", "known"), 0),
        )
        _store(found, reading.lines(name, list(pieces), reason=reason, at=at))
        _count(found)
    return found


def _store(found: SuppressionList, lines: Iterator[reading.Line]) -> None:
    """By COPY; what is wrong with the file ends the transaction."""
    scope = (found.organization_id, found.pk)
    columns = "organization_id, list_id, line, address, reason, at, problem"
    rows = ((*scope, line.number, line.address, str(line.reason), line.at, line.problem) for line in lines)
    copy_rows("surveys_suppressionline", columns, "address, reason, problem", _pieces(rows))


def _pieces(rows: Iterator[tuple[object, ...]]) -> Iterator[list[tuple[object, ...]]]:
    while some := list(islice(rows, _PIECE)):
        yield some


# Of lines that mean one address the first counts.
_REPEATED: Final = """
    WITH numbered AS (
        SELECT id, row_number() OVER (PARTITION BY lower(trim(address)) ORDER BY line) AS n
        FROM surveys_suppressionline WHERE organization_id = %(organization)s AND list_id = %(list)s AND problem = '')
    DELETE FROM surveys_suppressionline l USING numbered n WHERE l.id = n.id AND n.n > 1
"""
_HASH: Final = addresses.HASH_SQL.format(key="lower(trim(l.address))")
_COUNT: Final = f"""
    SELECT count(*) FILTER (WHERE l.problem = ''), count(*) FILTER (WHERE l.problem <> ''), count(s.id),
        (SELECT count(*) FROM surveys_customer c WHERE c.organization_id = %(organization)s AND c.suppression = ''
         AND c.email_key IN (SELECT lower(trim(of.address)) FROM surveys_suppressionline of
            WHERE of.organization_id = %(organization)s AND of.list_id = %(list)s AND of.problem = ''))
    FROM surveys_suppressionline l
    LEFT JOIN surveys_suppression s ON l.problem = '' AND s.organization_id = l.organization_id + 0
     AND s.address_hash = {_HASH}
    WHERE l.organization_id = %(organization)s AND l.list_id = %(list)s
"""


def _scope(found: SuppressionList) -> dict[str, Any]:
    return addresses.hash_parameters(found.organization_id) | {"list": found.pk}


def _count(found: SuppressionList) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_REPEATED, _scope(found))
        repeated = cursor.rowcount
        cursor.execute(_COUNT, _scope(found))
        good, refused, known, found.marked = cursor.fetchone()
    found.repeated, found.good, found.refused, found.known = repeated, good, refused, known
    found.lines = repeated + good + refused
    found.save(update_fields=["lines", "good", "repeated", "refused", "known", "marked"])


def start(*, suppression_list: SuppressionList, by: Membership, at: datetime) -> None:
    """Suppress what the list says. Raises NotPossibleNow when it was decided about already."""
    access.require(by, Permission.IMPORT_CUSTOMERS)
    with transaction.atomic():
        _move(suppression_list, (SuppressionListStatus.CHECKED,), SuppressionListStatus.RUNNING, marked=0)
        counts = {name: getattr(suppression_list, name) for name in ("good", "known", "repeated", "refused")}
        audit.record(by, "suppressions.imported", suppression_list, at=at, **counts)
        transaction.on_commit(partial(nudge, WORK, suppression_list.pk))


def stop(*, suppression_list: SuppressionList, by: Membership, at: datetime) -> None:
    """What was suppressed stays so. Raises NotPossibleNow."""
    access.require(by, Permission.IMPORT_CUSTOMERS)
    before = (SuppressionListStatus.CHECKED, SuppressionListStatus.RUNNING)
    with transaction.atomic():
        _move(suppression_list, before, SuppressionListStatus.STOPPED, finished_at=at)
        SuppressionList.objects.filter(pk=suppression_list.pk, cursor=0).update(marked=0)  # nothing of it was done
        audit.record(by, "suppressions.import_stopped", suppression_list, at=at)
        SuppressionLine.objects.filter(list=suppression_list, problem="").delete()


_FREE: Final = f"""
    UPDATE surveys_customer c SET suppression = ''
    WHERE c.id IN (
        SELECT p.id FROM surveys_customer p
        WHERE p.organization_id = %(organization)s AND p.suppression <> ''
          AND {addresses.HASH_SQL.format(key="p.email_key")} = ANY(%(digests)s)
        ORDER BY p.id FOR NO KEY UPDATE)
    RETURNING c.id
"""
_GONE: Final = """
    DELETE FROM surveys_suppression WHERE organization_id = %(organization)s AND source = %(source)s
    RETURNING address_hash
"""


def undo(*, suppression_list: SuppressionList, by: Membership, at: datetime) -> int:
    """Mail the addresses again that this list has suppressed, and forget the list; says how many there were.

    What was suppressed before, or has been mailed again since, stays as it is. Raises NotPossibleNow while it runs, and
    when somebody was faster.
    """
    access.require(by, Permission.IMPORT_CUSTOMERS)
    over = (SuppressionListStatus.DONE, SuppressionListStatus.STOPPED)
    organization = by.organization
    with transaction.atomic():
        suppression_memory.change(organization.pk)
        theirs = SuppressionList.objects.filter(organization=organization, pk=suppression_list.pk, status__in=over)
        found = theirs.select_for_update(of=("self",)).first()
        if found is None:
            raise NotPossibleNow(suppression_list.pk)
        with connection.cursor() as cursor:
            cursor.execute(_GONE, {"organization": organization.pk, "source": _source(found)})
            digests = [digest for (digest,) in cursor.fetchall()]
            cursor.execute(_FREE, addresses.hash_parameters(organization.pk) | {"digests": digests})
            for (pk,) in cursor.fetchall():
                outbox.publish("customer.unsuppressed", Customer(pk=pk, organization=organization), at=at)
        audit.record(by, "suppressions.import_undone", found, at=at, addresses=len(digests))
        found.delete()
    return len(digests)


def _source(found: SuppressionList) -> str:
    """By which its suppressions are known again: two lists may have one name."""
    return f"list {found.pk}: {found.name}"[:60]


def _move(
    found: SuppressionList, before: Iterable[SuppressionListStatus], after: SuppressionListStatus, **changes: object
) -> None:
    if not SuppressionList.objects.filter(pk=found.pk, status__in=before).update(status=after, **changes):
        raise NotPossibleNow(found.pk)


def note_export(*, by: Membership, at: datetime) -> None:
    """Addresses leave the product: who took them stays in the audit trail."""
    access.require(by, Permission.EXPORT_CUSTOMERS)
    with transaction.atomic():
        audit.record(by, "suppressions.exported", by.organization, at=at)


# ── In the background ────────────────────────────────────────────────────────────────────────────────────────────────
def work(*, list_id: int, at: datetime) -> bool:
    """Slices for a while; says whether there is more. Several workers may be at it: one of them has the row."""
    deadline = time.monotonic() + _PIECE_SECONDS
    while time.monotonic() < deadline:
        if not _work_off(list_id, at):
            return False
    return True


def _work_off(list_id: int, at: datetime) -> bool:
    """One slice, in one transaction with the cursor: it may be broken off anywhere. False when nothing is left."""
    running = SuppressionList.objects.filter(pk=list_id, status=SuppressionListStatus.RUNNING)
    with transaction.atomic():
        found = running.select_for_update(skip_locked=True, of=("self",)).select_related("organization").first()
        if found is None:
            return False
        lines = SuppressionLine.objects.filter(organization=found.organization_id, list=found, problem="")
        ahead = lines.filter(line__gt=found.cursor).order_by("line").values_list("line", flat=True)
        numbers = list(ahead[:SLICE])
        if not numbers:
            found.status, found.finished_at = SuppressionListStatus.DONE, at
            found.save(update_fields=["status", "finished_at"])
            lines.delete()
            return False
        suppression_memory.change(found.organization_id)
        _suppress(found, numbers[-1], at)
        found.cursor = numbers[-1]
        found.save(update_fields=["cursor", "added", "marked"])
    return True


_SLICE: Final = """
    surveys_suppressionline l
    WHERE l.organization_id = %(organization)s AND l.list_id = %(list)s AND l.problem = ''
      AND l.line > %(after)s AND l.line <= %(upto)s
"""
_ADD: Final = f"""
    INSERT INTO surveys_suppression (organization_id, address_hash, reason, source, at)
    SELECT l.organization_id, {_HASH}, l.reason, %(source)s, l.at FROM {_SLICE} ORDER BY l.line
    ON CONFLICT DO NOTHING
"""
_PEOPLE: Final = f"""
    SELECT c.id FROM surveys_customer c
    WHERE c.organization_id = %(organization)s AND c.suppression = '' AND c.email_key IN (
        SELECT lower(trim(l.address)) FROM {_SLICE})
    ORDER BY c.id FOR NO KEY UPDATE
"""
_MARK: Final = f"""
    UPDATE surveys_customer c SET suppression = s.reason FROM surveys_suppression s
    WHERE c.id = ANY(%(people)s) AND s.organization_id = %(organization)s
      AND s.address_hash = {addresses.HASH_SQL.format(key="c.email_key")}
"""


def _suppress(found: SuppressionList, upto: int, at: datetime) -> None:
    """As suppressing each: an earlier reason stands, and the customers who have the addresses are marked."""
    scope = _scope(found) | {"after": found.cursor, "upto": upto, "source": _source(found)}
    with connection.cursor() as cursor:
        cursor.execute(_ADD, scope)
        found.added += cursor.rowcount
        cursor.execute(_PEOPLE, scope)
        people = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(_MARK, scope | {"people": people})
    found.marked += len(people)
    if people:
        outbox.publish("customers.suppressed", found, at=at, ids=people)


def sweep(*, at: datetime) -> None:
    """Nudge what a dead worker or a lost nudge left, and forget what nobody decided about, and what was refused long ago."""
    for pk in SuppressionList.objects.filter(status=SuppressionListStatus.RUNNING).values_list("pk", flat=True):
        nudge(WORK, pk)
    before = at - timedelta(days=KEEP_DAYS)
    SuppressionList.objects.filter(status=SuppressionListStatus.CHECKED, created_at__lt=before).delete()
    over = SuppressionList.objects.filter(finished_at__lt=before)
    SuppressionLine.objects.filter(list__in=over).delete()
