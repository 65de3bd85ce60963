"""Reminders: who has not answered is asked again, in the thread of the first mail."""

from collections.abc import Sequence
from datetime import datetime

from surveys.delivery.actions.claims import Claim, Claimed, Due


def claim_rows(claim: Claim, rows: Sequence[Due], at: datetime) -> list[Claimed]:
    """Those of the due reminders that are sent. Who is left stays due."""
    return []
