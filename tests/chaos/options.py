"""What a run of chaos may be told by the environment; docs/delivery.md explains each."""

import os
from dataclasses import dataclass
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
    clicking: float = 0.3  # so many of the people click
    skew_seconds: float = 0.0  # how much the clock of the second host is ahead

    @classmethod
    def from_environment(cls) -> "Options":
        """Raises ValueError for what is no number."""
        return cls(
            people=int(os.environ.get("CHAOS_PEOPLE", cls.people)),
            seed=int(os.environ.get("CHAOS_SEED", cls.seed)),
            kills=int(os.environ.get("CHAOS_KILLS", cls.kills)),
            minutes=float(os.environ.get("CHAOS_MINUTES", cls.minutes)),
            hosts=int(os.environ.get("CHAOS_HOSTS", cls.hosts)),
            answer_seconds=float(os.environ.get("CHAOS_ANSWER_SECONDS", cls.answer_seconds)),
            clicking=float(os.environ.get("CHAOS_CLICKING", cls.clicking)),
            skew_seconds=float(os.environ.get("CHAOS_SKEW_SECONDS", cls.skew_seconds)),
        )
