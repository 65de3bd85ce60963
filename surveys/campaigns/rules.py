"""Whom a campaign asks, when, and how many: everything about it that is neither a text nor a design."""

from dataclasses import dataclass, field, fields
from datetime import datetime, time
from typing import Any, Final, Self

from surveys.campaigns.models import ALL_DAYS, EVERYBODY, Campaign, Kind, Priority

# What the occasions come from. After the launch it stays: people were decided about by it.
FIXED: Final = (
    "kind",
    "trigger",
    "event_kind",
    "event_conditions",
    "date_property",
    "delay_minutes",
    "every_days",
    "begins_at",
)


@dataclass(frozen=True)
class Rules:
    """The field names are those of Campaign, which explains them."""

    kind: str = Kind.ONE_OFF
    audience: dict[str, Any] = field(default_factory=dict)
    exclusions: dict[str, Any] = field(default_factory=dict)
    trigger: str = ""
    event_kind: str = ""
    event_conditions: dict[str, Any] = field(default_factory=dict)
    date_property: str = ""
    delay_minutes: int = 0
    late_days: int = 7
    every_days: int | None = None
    throttle_days: int | None = None
    priority: int = Priority.NORMAL.value
    sample_share: int = EVERYBODY
    daily_cap: int | None = None
    total_cap: int | None = None
    response_target: int | None = None
    send_from: time | None = None
    send_until: time | None = None
    send_days: int = ALL_DAYS
    begins_at: datetime | None = None
    ends_at: datetime | None = None
    reminders: int = 0
    reminder_days: int = 5
    answer_window_days: int = 90

    @classmethod
    def of(cls, campaign: Campaign) -> Self:
        return cls(**{each.name: getattr(campaign, each.name) for each in fields(cls)})

    @classmethod
    def read(cls, stored: dict[str, Any]) -> Self:
        """What `to_json` gave, of this version or an older one."""
        known = {each.name for each in fields(cls)}
        return cls(**{name: _read(name, value) for name, value in stored.items() if name in known})

    def as_dict(self) -> dict[str, Any]:
        """The values as Campaign has them."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def to_json(self) -> dict[str, Any]:
        return {name: _stored(value) for name, value in self.as_dict().items()}

    def fixed_changed(self, wanted: "Rules") -> list[str]:
        """Of what stays after the launch, the names of what would change."""
        return [name for name in FIXED if getattr(self, name) != getattr(wanted, name)]

    @property
    def conditions(self) -> dict[str, Any]:
        """Everything that is asked about customers, as one condition: what has to stay while the campaign may ask."""
        parts = [part for part in (self.audience, self.exclusions) if part]
        if self.date_property:
            parts.append({"field": f"p.{self.date_property}", "op": "is_set"})
        return {"all": parts} if parts else {}


_TIMES: Final = ("send_from", "send_until")
_MOMENTS: Final = ("begins_at", "ends_at")


def _stored(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime | time) else value


def _read(name: str, value: Any) -> Any:
    if value is not None and name in _TIMES:
        return time.fromisoformat(value)
    if value is not None and name in _MOMENTS:
        return datetime.fromisoformat(value)
    return value
