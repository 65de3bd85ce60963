"""Alice's organization, by its name."""

from typing import Any

import pytest


@pytest.fixture
def acme(alice: Any) -> Any:
    return alice.organization
