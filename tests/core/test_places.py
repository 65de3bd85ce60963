"""Places in lists come back by addresses, which anybody can type: what is none of ours shows the beginning."""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta, timezone

import pytest

from surveys.core import places
from tests import factories
from tests.people import Person

EDGES = ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"]
PLACES = {
    "inbox:list": "0_{at}_1",
    "responses:feed": "{at}_1",
    "audit:trail": "{at}_1",
    "delivery:told": "{at}_1",
    "analytics:comments": "{at}_1",
}


def test_a_place_reads_as_it_was_written_in_any_zone() -> None:
    at = datetime(2026, 3, 2, 23, 30, 1, 5, tzinfo=timezone(timedelta(hours=9)))
    assert places.decoded(places.encoded(at, 7)) == (at.astimezone(UTC), 7)


@pytest.mark.parametrize(
    "text",
    [*EDGES, "2026-03-02T10:00:00", "2026-02-30T10:00:00+00:00", "2026-03-02", "", "0000-01-01T00:00:00Z", "now"],
)
def test_what_is_no_moment_in_every_zone_is_none(text: str) -> None:
    assert places.moment(text) is None


@pytest.mark.parametrize("text", ["", "-1", "1.0", "٣", str(2**63), "9" * 5000, " 1"])
def test_what_is_no_key_is_none(text: str) -> None:
    assert places.key(text) is None


@pytest.mark.parametrize("at", EDGES)
def test_a_list_at_the_edge_of_the_calendar_shows_its_beginning(alice: Person, at: str) -> None:
    for name, place in PLACES.items():
        assert alice.get(alice.url(name), {"after": place.format(at=at), "box": "all"}).status_code == 200, name
    by_answer = urlsafe_b64encode(json.dumps([at, 1]).encode()).decode()
    assert alice.get(alice.url("customers:list"), {"sort": "answer", "after": by_answer}).status_code == 200
    ada = factories.customer(alice.organization)
    assert alice.get(alice.url("customers:detail", pk=ada.pk), {"after": f"{at}_1_asked"}).status_code == 200
    assert alice.get(alice.url("inbox:news"), {"since": at}).status_code in (204, 286)
