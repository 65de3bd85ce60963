"""What these stories begin with."""

from datetime import UTC, datetime

import pytest

from tests.delivery.engine.world import World
from tests.people import Person


@pytest.fixture
def world(alice: Person) -> World:
    """Acme on Monday, 5 January 2026, at noon, in UTC; a person is asked once in 90 days."""
    return World(alice.membership, datetime(2026, 1, 5, 12, tzinfo=UTC))
