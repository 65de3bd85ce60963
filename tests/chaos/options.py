"""What a run of chaos may be told by the environment; docs/delivery.md explains each."""

import os
from dataclasses import dataclass, fields
from typing import Final

# Waits are short, so that the run ends in minutes; what they do is the same.
SHORT_WAITS: Final = {
    "NPS_LEASE_SECONDS": "6",
    "NPS_UNCERTAIN_GRACE_SECONDS": "3",
    "NPS_RETRY_SECONDS": "1,1,2,2,3,3,4,4,5,5,6,6",
    "NPS_SWEEP_SECONDS": "1",
    "NPS_UNDO_SECONDS": "0",
    "NPS_SETTLE_SECONDS": "5",
    "NPS_SETTLE_LINK_AGE_SECONDS": "0",
    "NPS_NETWORK_SECONDS": "3",
    "EMAIL_TIMEOUT": "4",
}
HUNG_SECONDS: Final = 11.0  # longer than lease and grace together


@dataclass(frozen=True)
class Options:
    people: int = 100_000
    seed: int = 1
    kills: int = 40
    minutes: float = 30  # after which it is reckoned, whatever is missing
    hosts: int = 1
    answer_seconds: float = 0.0  # what the mail server takes for each message
    clicking: float = 0.1  # so many of the people click
    skew_seconds: float = 0.0  # how much the clock of the second host is ahead
    dump: str = ""  # of an empty database that was migrated; without it the run migrates its own
    static: str = ""  # a folder of collected files; likewise

    @classmethod
    def from_environment(cls) -> "Options":
        """From CHAOS_PEOPLE, CHAOS_SEED and so on; empty is the default. Raises ValueError for what is no number."""
        given = {field.name: os.environ.get(f"CHAOS_{field.name.upper()}", "") for field in fields(cls)}
        return cls(**{name: type(getattr(cls, name))(value) for name, value in given.items() if value})
