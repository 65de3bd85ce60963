"""Asks take their person, in the transaction that claims them; who must not be asked after all is left out."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.utils.translation import gettext as _
from psycopg2.sql import SQL

from surveys.campaigns.models import Campaign
from surveys.customers import actions as customers
from surveys.customers.models import SuppressionReason
from surveys.delivery import eligibility, occasions
from surveys.delivery.actions import claiming_accounts, claiming_words
from surveys.delivery.actions.claiming_accounts import Account
from surveys.delivery.actions.claims import Claim, Claimed, Due
from surveys.delivery.actions.ending import cancel
from surveys.delivery.eligibility import Judge
from surveys.delivery.models import Invitation, PlanDecision, Reason


@dataclass(frozen=True)
class _Person:
    """Whom an ask is for, and what is to be said of it now."""

    invitation: int
    id: int
    occasion: str
    event_id: int | None
    email: str | None
    name: str
    language: str
    hashed: int  # for the variant
    opens_at: datetime  # the first moment from now on at which this may be sent
    reason: str  # a Reason: what planning would decide now
    until: datetime | None
    blocker: int | None


_PEOPLE: Final = SQL("""
    SELECT d.row, d.id, d.occasion, d.event_id, c.email, c.name, c.language, {hashed} %% 10000, d.due_at, d.reason,
           d.until, d.blocker
    FROM ({judged}) d JOIN surveys_customer c ON c.id = d.id
""")
_LOCK_PEOPLE: Final = "SELECT id FROM surveys_customer WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"


def claim_rows(claim: Claim, rows: Sequence[Due], at: datetime) -> list[Claimed]:
    """The asks whose person is ours now. One that an earlier claim has tried holds its person already: whether it may
    still go is asked as if it did not, and then it takes them anew, so that they rest from when it is sent.

    The people of the whole batch are locked at once, in the order of their ids and whichever campaigns they are in, so
    that no two claims wait for each other in a circle; then their companies. Campaigns of a higher priority come first.
    """
    people = [row.customer_id for row in rows if row.customer_id]
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_PEOPLE, [people])
    accounts = claiming_accounts.locked(people)
    by_campaign: dict[int, list[Due]] = defaultdict(list)
    for row in rows:
        by_campaign[row.campaign_id or 0].append(row)
    in_turn = sorted(by_campaign, key=lambda pk: (-claim.campaigns[pk].priority, pk))
    return [ask for pk in in_turn for ask in _Asks(claim, pk, by_campaign[pk], accounts, at).claimed()]


class _Asks:
    """The due asks of one campaign."""

    def __init__(self, claim: Claim, pk: int, rows: list[Due], accounts: dict[int, Account], at: datetime) -> None:
        self._claim = claim
        self._campaign = claim.campaigns[pk]
        self._rows = rows
        self._accounts = accounts
        self._at = at
        self._people = _people(self._campaign, rows, at)

    def claimed(self) -> list[Claimed]:
        rows = sorted(self._rows, key=lambda row: not row.holds_its_person)
        wanted = [row for row in rows if self._may_go(row)]
        self._postpone([row for row in wanted if not self._is_open(row)])
        before = self._take([row for row in wanted if self._is_open(row)])
        asks = [self._ask(row) for row in wanted if row.pk in before]
        self._snapshot(asks, before)
        self._look_again([row for row in wanted if self._is_open(row) and row.pk not in before])
        self._leave_out([row for row in rows if not self._may_go(row)])
        return asks

    def _look_again(self, rows: Sequence[Due]) -> None:
        """Of two asks of one person, and of two people of one company, one was taken: that is the other's reason.
        Where people are not left alone at all it stays due."""
        if rows:
            self._people |= _people(self._campaign, rows, self._at)

    def _person(self, row: Due) -> _Person | None:
        return self._people.get(row.invitation_id or 0)

    def _may_go(self, row: Due) -> bool:
        """Who may have the mail already is not left without a second copy because of another campaign's turn."""
        person = self._person(row)
        if person is None:
            return False
        return person.reason == Reason.INVITED or (person.reason == Reason.OUTRANKED and row.may_have_arrived)

    def _is_open(self, row: Due) -> bool:
        person = self._person(row)
        return person is not None and person.opens_at <= self._at

    # ── Taking ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def _take(self, rows: Sequence[Due]) -> dict[int, datetime | None]:
        """By the messages whose people are ours now, when each was asked before."""
        of_people: dict[int, Due] = {}
        for row in rows:
            of_people.setdefault(row.customer_id or 0, row)
        chosen = claiming_accounts.first_of_each(of_people, self._accounts)
        self._let_go([row for pk, row in of_people.items() if pk in chosen and row.holds_its_person])
        asked_before = self._at - eligibility.gap(self._campaign.organization, self._campaign)
        taken = customers.take_for_asking(customer_ids=sorted(chosen), asked_before=asked_before, at=self._at)
        claiming_accounts.take((self._accounts[pk] for pk in taken if pk in self._accounts), self._at)
        return {of_people[pk].pk: before for pk, before in taken.items()}

    def _let_go(self, held: Sequence[Due]) -> None:
        """They are taken anew in a moment."""
        for row in held:
            if row.claimed_at and row.customer_id:
                customers.give_back(taken={row.customer_id: row.asked_before}, at=row.claimed_at)
        if held:
            claiming_accounts.give_back([row.invitation_id or 0 for row in held])
            self._accounts |= claiming_accounts.locked([row.customer_id or 0 for row in held])

    def _ask(self, row: Due) -> Claimed:
        person = self._people[row.invitation_id or 0]
        return Claimed(
            delivery=row.pk,
            organization=row.organization_id,
            campaign=row.campaign_id,
            invitation=row.invitation_id,
            customer=person.id,
            kind=row.kind,
            to_address=person.email or "",
            message_id=row.lasting_message_id,
            attempts=row.attempts,
            name=person.name,
            version=claiming_words.version(self._claim, row),
            language=claiming_words.language(self._claim, row, person.language),
            variant=claiming_words.variant(self._claim, row, person.hashed),
        )

    def _snapshot(self, asks: Sequence[Claimed], before: Mapping[int, datetime | None]) -> None:
        """What the person is like now is what this ask will be counted under."""
        accounts = [self._accounts.get(ask.customer or 0) for ask in asks]
        params: dict[str, Any] = {
            "at": self._at,
            "versions": [ask.version for ask in asks],
            "ids": [ask.invitation for ask in asks],
            "languages": [ask.language for ask in asks],
            "variants": [ask.variant for ask in asks],
            "before": [before[ask.delivery] for ask in asks],
            "accounts": [account.value if account else "" for account in accounts],
            "account_before": [account.before if account else None for account in accounts],
        }
        with connection.cursor() as cursor:
            cursor.execute(_SNAPSHOT, params)

    # ── Not now, or not at all ───────────────────────────────────────────────────────────────────────────────────────
    def _postpone(self, rows: Iterable[Due]) -> None:
        """It is not an hour for sending where these people live; it was when they were planned."""
        later = {row.pk: self._people[row.invitation_id or 0].opens_at for row in rows}
        if later:
            with connection.cursor() as cursor:
                cursor.execute(_POSTPONE, [list(later), list(later.values())])

    def _leave_out(self, rows: Sequence[Due]) -> None:
        """Where nothing has been sent the ask goes, and the decision says why. What may have arrived stays, for an answer."""
        for row in rows:
            if row.holds_its_person:
                self._give_up(row)
        self._forget([row for row in rows if not row.holds_its_person or self._is_undone(row)])

    def _is_undone(self, held: Due) -> bool:
        person = self._person(held)
        is_for_good = person is None or person.reason in SuppressionReason or person.reason == Reason.NO_ADDRESS
        return not is_for_good and not held.may_have_arrived

    def _forget(self, rows: Sequence[Due]) -> None:
        """The deferred are planned again in their time."""
        Invitation.objects.filter(pk__in=[row.invitation_id for row in rows]).delete()
        PlanDecision.objects.bulk_create(
            [self._decision(person) for row in rows if (person := self._person(row))],
            update_conflicts=True,
            unique_fields=["organization", "campaign", "customer", "occasion"],
            update_fields=["reason", "until", "event_id", "blocker", "decided_at"],
        )

    def _decision(self, person: _Person) -> PlanDecision:
        return PlanDecision(
            organization_id=self._campaign.organization_id,
            campaign=self._campaign,
            customer_id=person.id,
            occasion=person.occasion,
            reason=person.reason,
            until=person.until,
            event_id=person.event_id,
            blocker=person.blocker,
            decided_at=self._at,
        )

    def _give_up(self, held: Due) -> None:
        """The message was tried before, and must not be tried again."""
        person = self._person(held)
        reason = Reason(person.reason).label if person else _("The customer was deleted.")
        cancel([held.pk], reason=str(reason), at=self._at)


_SNAPSHOT: Final = """
    UPDATE surveys_invitation i
    SET claimed_at = %(at)s, version = taken.version, language = taken.language, variant = taken.variant,
        asked_before = taken.before, account = taken.account, account_before = taken.account_before,
        property_set_id = c.property_set_id, properties = c.properties
    FROM unnest(%(ids)s::bigint[], %(versions)s::int[], %(languages)s::text[], %(variants)s::text[], %(before)s::timestamptz[],
                %(accounts)s::text[], %(account_before)s::timestamptz[])
         AS taken(id, version, language, variant, before, account, account_before),
         surveys_customer c
    WHERE i.id = taken.id AND c.id = i.customer_id
"""
_POSTPONE: Final = """
    WITH later AS (
        UPDATE surveys_delivery d SET due_at = l.due_at FROM unnest(%s::bigint[], %s::timestamptz[]) AS l(id, due_at)
        WHERE d.id = l.id RETURNING d.invitation_id, d.due_at
    )
    UPDATE surveys_invitation i SET due_at = later.due_at FROM later WHERE i.id = later.invitation_id
"""


def _people(campaign: Campaign, rows: Sequence[Due], at: datetime) -> dict[int, _Person]:
    """By their invitations; without those who are gone."""
    judge = Judge(campaign.organization, campaign, at=at)
    judged = judge.judged_now(occasions.of_asks(judge, campaign))
    statement = _PEOPLE.format(judged=judged, hashed=eligibility.hashed(eligibility.OF_THE_VARIANT))
    with connection.cursor() as cursor:
        cursor.execute(statement, {**judge.params, "invitations": [row.invitation_id for row in rows]})
        return {row[0]: _Person(*row) for row in cursor.fetchall()}
