"""Who of those whom a rule is about is left out, to compare with: by a hash of rule and customer, so always the same."""

from hashlib import md5
from typing import Final

WHOLE: Final = 10_000

# The same in SQL: of the rule's id %(rule)s and {who}, in 0 … 9999.
PLACE: Final = "(('x' || left(md5(%(rule)s::bigint || ':' || ({who})), 8))::bit(32)::bigint %% 10000)"


def place(rule: int, who: int) -> int:
    """Where somebody stands in this rule, from 0 to 9999: evenly spread, and independent from rule to rule."""
    return int(md5(f"{rule}:{who}".encode(), usedforsecurity=False).hexdigest()[:8], 16) % WHOLE


def is_held_out(rule: int, percent: int, who: int) -> bool:
    """`who` is the customer, or the response of somebody unknown. A larger share holds out the same people, and more."""
    return place(rule, who) * 100 < percent * WHOLE
