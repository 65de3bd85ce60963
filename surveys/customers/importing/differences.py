"""What a row says about a customer who is there already, as SQL: `s` is the row, `c` the customer, `t` the customer after.

An empty cell says nothing, unless the list clears: then it says "unset" for the columns that the list has. The email
address and the external ID tell who is meant and are never cleared.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from surveys.customers.importing.columns import Column, Target
from surveys.customers.models import ImportJob

_TEXTS = ("name", "language", "time_zone")


@dataclass(frozen=True)
class Differences:
    """`cleared` are the fields that an empty cell clears."""

    cleared: frozenset[str] = frozenset()
    clears_properties: bool = False

    @cached_property
    def after(self) -> dict[str, str]:
        """The customer's columns after the merge."""
        found = {name: f"coalesce(nullif(s.{name}, ''), c.{name})" for name in _TEXTS}
        found["owner_id"] = "coalesce(s.owner_id, c.owner_id)"
        found["properties"] = "c.properties || s.properties"
        if self.clears_properties:
            found["properties"] = "jsonb_strip_nulls(c.properties || s.properties)"
        return found | {name: f"s.{name}" for name in self.cleared}

    @cached_property
    def says_more(self) -> str:
        said = [
            "s.email_key IS NOT NULL AND s.email_key IS DISTINCT FROM c.email_key",
            "s.external_id IS NOT NULL AND s.external_id IS DISTINCT FROM c.external_id",
            *(f"s.{name} <> c.{name}" + self._unless_empty(name, f"s.{name} <> ''") for name in _TEXTS),
            "s.owner_id IS DISTINCT FROM c.owner_id" + self._unless_empty("owner_id", "s.owner_id IS NOT NULL"),
            f"{self.after['properties']} <> c.properties"
            if self.clears_properties
            else "NOT c.properties @> s.properties",
        ]
        return "(" + "\n    OR ".join(said) + ")"

    def _unless_empty(self, name: str, is_filled: str) -> str:
        return "" if name in self.cleared else f" AND {is_filled}"


def of(job: ImportJob, columns: Sequence[Column]) -> Differences:
    if not job.clears_empty:
        return Differences()
    targets = {column.target for column in columns}
    names = {Target.NAME: "name", Target.LANGUAGE: "language", Target.TIME_ZONE: "time_zone", Target.OWNER: "owner_id"}
    return Differences(frozenset(name for target, name in names.items() if target in targets), True)


def _pair(name: str, before: str, after: str) -> str:
    return (
        f"CASE WHEN {before} IS DISTINCT FROM {after}"
        f" THEN jsonb_build_object('{name}', jsonb_build_array({before}, {after})) ELSE '{{}}' END"
    )


# What changed, in the form of CustomerChange.changes.
NOTED = " || ".join(
    [
        _pair("email", "c.email", "t.email"),
        _pair("external_id", "c.external_id", "t.external_id"),
        *(_pair(name, f"nullif(c.{name}, '')", f"nullif(t.{name}, '')") for name in _TEXTS),
        _pair("owner", "c.owner_id", "t.owner_id"),
        "(SELECT coalesce(jsonb_object_agg('p.' || k, jsonb_build_array(c.properties -> k, t.properties -> k)), '{}')"
        " FROM jsonb_object_keys(s.properties) k WHERE c.properties -> k IS DISTINCT FROM t.properties -> k)",
    ]
)
