"""Random organizations, people, campaigns and acts."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.delivery.engine.hours import EVERY_DAY
from tests.delivery.engine.model import Person

BEGIN = datetime(2027, 11, 3, 9, 30, tzinfo=UTC)  # the year has a leap day
DELIVERED, CLOSED = "order.delivered", "ticket.closed"
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]
PLANS = ["", "Free", "Pro"]
WINDOWS = [(None, None), (time(9), time(17)), (time(0), time(6)), (time(20, 30), time(23, 45)), (time(2), time(3))]

zones = st.sampled_from(["", "", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Mars/Olympus", *ZONES])
plans = st.sampled_from(PLANS)
days = st.integers(-20, 380).map(lambda number: BEGIN.date() + timedelta(days=number)) | st.just(date(2028, 2, 29))


@st.composite
def people(draw: st.DrawFn) -> Person:
    asked = draw(st.none() | st.integers(1, 120))
    return Person(
        pk=0,
        address=draw(st.sampled_from(["", "", "", "", "", None])),
        zone=draw(zones),
        plan=draw(plans),
        company=draw(st.sampled_from(["", "Acme", "Globex"])),
        day=draw(st.none() | days),
        suppression=draw(st.sampled_from(["", "", "", "", "", "", "unsubscribed", "blocked"])),
        asked_at=BEGIN - timedelta(days=asked) if asked else None,
        rest_days=draw(st.sampled_from([0] * 9 + [365])),
        resting_until=BEGIN + timedelta(days=pause) if (pause := draw(st.sampled_from([0] * 9 + [30]))) else None,
    )


def sometimes(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


kinds = st.one_of(
    st.just({"kind": "one_off"}),
    st.sampled_from([3, 30, 90]).map(lambda number: {"kind": "recurring", "every_days": number}),
    st.fixed_dictionaries(
        {
            "kind": st.just("triggered"),
            "trigger": st.just("event"),
            "event_kind": st.sampled_from([DELIVERED, DELIVERED, CLOSED]),
            "delay_minutes": st.sampled_from([0, 90, 24 * 60, 5 * 24 * 60]),
            "late_days": st.sampled_from([1, 7, 60]),
        }
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("triggered"),
            "trigger": st.just("date"),
            "date_property": st.just("trial_end"),
            "delay_minutes": st.integers(-20, 40).map(lambda number: number * 24 * 60),
            "late_days": st.sampled_from([1, 7, 60]),
        }
    ),
)
limits = st.fixed_dictionaries(
    {
        "priority": st.integers(1, 4),
        "throttle_days": sometimes(st.sampled_from([3, 30, 120])),
        "sample_share": st.sampled_from([10_000, 10_000, 10_000, 6000]),
        "daily_cap": sometimes(st.integers(1, 3)),
        "total_cap": st.none() | sometimes(st.integers(1, 6)),
        "response_target": st.none() | sometimes(st.integers(1, 3)),
        "send_days": st.sampled_from([EVERY_DAY, EVERY_DAY, 0b0011111, 0b1000001]),
        "reminders": st.integers(0, 3),
        "reminder_days": st.sampled_from([1, 5]),
    }
)


@dataclass(frozen=True)
class Plan:
    """A campaign to be launched: fields of the row, and what the row says in another language."""

    fields: dict[str, Any]
    plans: frozenset[str] | None
    excluded: frozenset[str]
    least_total: int | None
    ends_after: int | None  # days


some_plans = st.frozensets(st.sampled_from(PLANS[1:]), min_size=1)


@st.composite
def campaigns(draw: st.DrawFn) -> Plan:
    opens, closes = draw(st.sampled_from(WINDOWS))
    fields = draw(kinds) | draw(limits) | {"send_from": opens, "send_until": closes}
    return Plan(
        fields,
        plans=draw(sometimes(some_plans)),
        excluded=draw(st.just(frozenset()) | some_plans),
        least_total=draw(sometimes(st.just(50))) if fields.get("trigger") == "event" else None,
        ends_after=draw(st.none() | sometimes(st.integers(5, 250))),
    )


@dataclass(frozen=True)
class Act:
    """What somebody does; `who` and `what` are taken modulo of how many there are."""

    name: str
    who: int
    what: int


ACTS = (
    ["event"] * 6
    + ["answer", "answer", "click", "unsubscribe", "unreachable", "complain", "erase", "new_plan", "new_date"]
    + [
        "less_often",
        "rest",
        "rest",
        "no_rest",
        "lose_address",
        "arrive",
        "launch",
        "launch",
        "pause",
        "resume",
        "resume",
    ]
)
acts = st.builds(Act, st.sampled_from(ACTS), st.integers(0, 100), st.integers(0, 100))


@dataclass(frozen=True)
class Step:
    hours: int
    acts: list[Act]


steps = st.builds(Step, st.sampled_from([1, 5, 26, 26, 50, 170, 241, 500, 760]), st.lists(acts, max_size=4))


@dataclass(frozen=True)
class Story:
    zone: str
    throttle_days: int
    account_gap_days: int
    people: list[Person]
    campaigns: list[Plan]
    steps: list[Step]


stories = st.builds(
    Story,
    zone=st.sampled_from(ZONES),
    throttle_days=st.sampled_from([1, 10, 90]),
    account_gap_days=st.sampled_from([0, 5, 40]),
    people=st.lists(people(), min_size=5, max_size=9),
    campaigns=st.lists(campaigns(), min_size=2, max_size=5),
    steps=st.lists(steps, min_size=25, max_size=35),
)
