"""Which segments a stored condition leans on, and whether it would lean on itself."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

FIELD: Final = "segment"  # its value is an id, or a list of ids
MOST_SEGMENTS: Final = 500  # of an organization

Stored = dict[str, Any]  # a condition as JSON


def mentioned(conditions: Stored) -> frozenset[int]:
    """The ids of the segments that a condition asks about itself, not through others."""
    return frozenset(
        int(value) for leaf in _leaves(conditions) if leaf.get("field") == FIELD for value in _values(leaf.get("value"))
    )


def fields(conditions: Stored) -> frozenset[str]:
    """The keys of all fields that a condition asks about."""
    return frozenset(str(leaf.get("field")) for leaf in _leaves(conditions))


def _leaves(part: Any) -> Iterator[Mapping[str, Any]]:
    if not isinstance(part, dict):
        return
    groups = [parts for parts in part.values() if isinstance(parts, list)]
    if "field" in part:
        yield part
        return
    for parts in groups:
        for inner in parts:
            yield from _leaves(inner)


def _values(value: Any) -> Iterator[Any]:
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, int) or (isinstance(each, str) and each.isascii() and each.isdigit()):
            yield each


def circle(start: int, conditions: Stored, others: Mapping[int, Stored]) -> list[int]:
    """The way from `start` back to itself if it had these conditions, as ids; empty when there is none."""
    return _way_back(start, conditions, others, seen=set())


def _way_back(start: int, conditions: Stored, others: Mapping[int, Stored], seen: set[int]) -> list[int]:
    for found in sorted(mentioned(conditions) - seen):
        if found == start:
            return [start]
        seen.add(found)
        way = _way_back(start, others.get(found, {}), others, seen)
        if way:
            return [found, *way]
    return []
