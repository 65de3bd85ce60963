"""What happens when the session has ended meanwhile."""

import logging
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from surveys.customers.models import Segment
from tests.people import Person


def next_of(location: str) -> str:
    return parse_qs(urlsplit(location).query)["next"][0]


def test_a_button_pressed_after_the_session_ended_leads_back_to_its_page(alice: Person) -> None:
    people = alice.url("accounts:people") + "?page=2"
    alice.logout()

    answer = alice.post(
        alice.url("customers:segment_new"), {"name": "X"}, headers={"referer": f"http://testserver{people}"}
    )

    assert next_of(answer["Location"]) == people
    assert "nothing was done" in alice.get(answer["Location"]).content.decode()
    assert not Segment.objects.exists()


@pytest.mark.parametrize("referer", ["https://evil.example/o/acme/", "//evil.example", "", "nonsense"])
def test_the_way_back_never_leaves_this_host(alice: Person, referer: str) -> None:
    alice.logout()
    answer = alice.post(alice.url("customers:segment_new"), {}, headers={"referer": referer})
    assert next_of(answer["Location"]) == "/"


def test_htmx_loads_the_page_of_signing_in_as_a_page(alice: Person) -> None:
    address = alice.url("customers:list") + "?q=ada"
    alice.logout()
    answer = alice.get(address, headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{address}"})
    assert next_of(answer["HX-Redirect"]) == address


def test_a_page_that_needs_a_session_is_where_one_lands(alice: Person) -> None:
    answer = Client().get(alice.url("customers:list"))
    assert next_of(answer["Location"]) == alice.url("customers:list")


def test_an_address_of_a_button_opened_in_a_browser_says_what_it_is(alice: Person) -> None:
    segment = alice.url("customers:segment_delete", pk=1)
    answer = alice.get(segment, headers={"accept": "text/html"})
    assert answer.status_code == 405
    assert answer["Allow"] == "POST"
    assert "belongs to a button" in answer.content.decode()


def test_a_refusal_is_a_line_in_the_log_and_not_a_traceback(bob: Person, caplog: pytest.LogCaptureFixture) -> None:
    assert bob.get(bob.url("customers:properties")).status_code == 403
    record = next(record for record in caplog.records if record.name == "django.request")
    (console,) = (handler for handler in logging.root.handlers if handler.name == "console")
    lines = console.format(record) if console.filter(record) else ""

    assert "Forbidden" in lines
    assert "Traceback" not in lines
