"""Two acts that wait for each other in a circle: PostgreSQL ends one of them, and it is done again."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import OperationalError, connection, transaction

from surveys.core.locks import again_after_deadlock
from surveys.customers.models import Customer
from tests import factories

PATIENCE = 60  # seconds


class Acts:
    """Each gives a point to two people, one after the other; the first time both wait until each holds one of them."""

    def __init__(self, people: list[int]) -> None:
        self.people = people
        self.meeting = Barrier(2)
        self.tries = 0

    def forwards(self) -> None:
        self._give(self.people)

    def backwards(self) -> None:
        self._give(self.people[::-1])

    def _give(self, people: list[int]) -> None:
        self.tries += 1
        is_first = self.tries <= 2
        with transaction.atomic():
            self._one(people[0])
            if is_first:
                self.meeting.wait(PATIENCE)
            self._one(people[1])

    def _one(self, pk: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE surveys_customer SET asked_count = asked_count + 1 WHERE id = %s", [pk])


@pytest.fixture
def acts(transactional_db: None) -> Acts:
    acme = factories.organization(factories.user("alice@example.com"), "Acme").organization
    return Acts([factories.customer(acme, f"{name}@example.com").pk for name in ("ada", "bea")])


def both(*functions: Callable[[], None]) -> list[BaseException | None]:
    def run(function: Callable[[], None]) -> None:
        try:
            function()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        return [each.exception(PATIENCE) for each in [pool.submit(run, function) for function in functions]]


def counts() -> list[int]:
    return list(Customer.objects.order_by("pk").values_list("asked_count", flat=True))


def test_what_met_in_a_circle_is_done_again(acts: Acts) -> None:
    assert both(again_after_deadlock(acts.forwards), again_after_deadlock(acts.backwards)) == [None, None]
    assert counts() == [2, 2]
    assert acts.tries >= 3, (
        "they may meet again: who is done again can be sooner at the first row than who waited for it"
    )


def test_otherwise_one_of_them_is_lost(acts: Acts) -> None:
    problems = [problem for problem in both(acts.forwards, acts.backwards) if problem]
    assert [type(problem) for problem in problems] == [OperationalError]
    assert counts() == [1, 1]
