"""The list of campaigns, however many there are."""

from pytest_django import DjangoAssertNumQueries

from surveys.campaigns.models import Status
from tests import factories
from tests.people import Person


def test_the_list_takes_as_many_statements_for_thirty_campaigns_as_for_one(
    alice: Person, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    url = alice.url("campaigns:list")
    factories.campaign(alice.organization)
    alice.get(url)
    for number in range(30):
        factories.campaign(alice.organization, f"Campaign {number}", status=Status.ENDED, wave=1)
    with django_assert_max_num_queries(9):  # one of them for the bell and the inbox in the head of the page
        alice.get(url)


def test_the_list_pages_by_the_last_one_shown(alice: Person) -> None:
    for number in range(51):
        factories.campaign(alice.organization, f"Campaign {number:02}")

    first = alice.get(alice.url("campaigns:list"))
    older = alice.get(alice.url("campaigns:list") + f"?before={first.context['page'].next_before}")

    assert "Campaign 00" not in first.content.decode()
    assert "Campaign 00" in older.content.decode()
    assert "Campaign 50" not in older.content.decode()
