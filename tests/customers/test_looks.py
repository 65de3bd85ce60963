"""The pages of customers in a real browser: accessible, in both themes, at every width; the whole import by hand."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from nps_app.local.process import Child
from tests import factories
from tests.customers.world import DATA, checked, customer, upload
from tests.helpers import looks
from tests.people import Person

StartWorker = Callable[..., Child]
SignIn = Callable[[Page, object], None]


@pytest.mark.long
def test_an_import_by_hand_with_a_real_worker(
    alice: Person, page: Page, sign_in_browser: SignIn, celery_worker_process: StartWorker
) -> None:
    celery_worker_process()
    sign_in_browser(page, alice.membership.user)
    page.goto(alice.url("customers:list"))
    assert looks.problems(page) == []

    page.get_by_role("link", name="Import a list").click()
    page.wait_for_url("**/import/")
    assert looks.problems(page) == []
    page.get_by_label("Drop a file here").set_input_files(DATA / "customers-messy.csv")
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_label("MRR (EUR) becomes")).to_have_value("property")
    assert looks.problems(page) == []
    page.get_by_role("button", name="Check the list").click()
    expect(page.get_by_text("This would happen")).to_be_visible()
    assert looks.problems(page) == []
    page.get_by_role("button", name="Import the good lines").click()
    page.get_by_role("link", name="Undo the import").click()
    expect(page.get_by_text("people whom this list added")).to_be_visible()
    assert looks.problems(page) == []
    page.get_by_role("link", name="Leave it as it is").click()
    page.get_by_role("link", name="See the customers").click()
    expect(page.get_by_text("209 customers")).to_be_visible()
    assert looks.problems(page) == []

    page.get_by_role("searchbox").fill("jörg")
    expect(page.get_by_text("1 of 209 customers")).to_be_visible()
    page.get_by_role("link", name="Jörg Ä").click()
    expect(page.get_by_role("heading", name="Jörg Ä")).to_be_visible()
    assert looks.problems(page) == []
    page.get_by_role("link", name="Edit").click()
    page.wait_for_url("**/edit/")
    assert looks.problems(page) == []


def test_a_customer_with_a_history(alice: Person, page: Page, sign_in_browser: SignIn) -> None:
    checked(alice, (DATA / "customers-messy.csv").read_bytes())
    ada = factories.customer(alice.organization, "ada@example.com", name="Ada Okafor", suppression="bounced")
    pulse = factories.campaign(alice.organization)
    for wave, score in enumerate([3, 7, 9, 10]):
        at = timezone.now() - timedelta(days=90 * (4 - wave))
        asked = factories.invitation(pulse, ada, at, occasion=f"wave:{wave}", answered_at=at)
        factories.response(asked, score, "What I think about it, at some length. " * wave, at)
    sign_in_browser(page, alice.membership.user)

    page.goto(customer(alice, "ada@example.com").get_absolute_url())
    assert looks.problems(page) == []


def test_a_running_import_shows_its_bar(alice: Person, page: Page, sign_in_browser: SignIn) -> None:
    upload(alice, "email\n" + "a@example.com\n")
    sign_in_browser(page, alice.membership.user)
    page.goto(alice.url("customers:imports"))
    page.get_by_role("link", name="list.csv").click()
    page.get_by_role("button", name="Check the list").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    assert looks.problems(page) == []
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("This import was stopped")).to_be_visible()
