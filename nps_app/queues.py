"""In which order a worker looks into its queues: single mails first, the others in turns.

In a fixed order the last would starve: while a million mails go out, a queue of bulk mail is never empty.
"""

from typing import Final

from kombu.utils.scheduling import round_robin_cycle

FIRST: Final = "email"


class Turns(round_robin_cycle):
    """For `queue_order_strategy` of kombu's Redis transport; it calls `rotate` with the queue that gave a task."""

    def rotate(self, last_used: str) -> None:
        if last_used != FIRST:
            super().rotate(last_used)
