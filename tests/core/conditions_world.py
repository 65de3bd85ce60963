"""Random people and trees for the tests of conditions, and a plain reading of a tree that shares nothing with ours."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from surveys.core.conditions.catalogue import Catalogue, Field, Type
from surveys.core.conditions.tree import OF_TEXT, WITH_DAYS, WITH_LIST, WITHOUT_VALUE, Op

BERLIN = ZoneInfo("Europe/Berlin")
AT = datetime(2026, 3, 30, 12, tzinfo=UTC)
TODAY = date(2026, 3, 30)
PROPERTIES = {
    "plan": "text",
    "tier": "text",
    "seats": "number",
    "vip": "boolean",
    "since": "date",
}  # plan: to compare by

WORDS = ["Pro", "pro", "Team", "de", "de-AT", "100%_", "a\\b", '"', "{}", "'", "ü", "Ü", "e\u0301", "é", "Straße", "ẞ"]
WORDS += ["İstanbul", "istanbul", "ISTANBUL", "ı", "ΟΔΟΣ", "οδος", "οδοσ", "ﬀ", "日本", "😀", "7", "true", "2026-03-29"]
texts = st.sampled_from(WORDS)
numbers = st.sampled_from([0, 1, -3, 7, 7.5, 0.1, 1e-7, 10, 1e6, 2**53 + 1, 12345678901234567890])
days = st.sampled_from([TODAY + timedelta(days=n) for n in range(-3, 4)])  # in Berlin the clocks change on the 29th
# Around local midnight, on both sides of the change of clocks.
moments = st.builds(
    lambda day, hour, minute: datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC),
    days,
    st.integers(21, 23),
    st.sampled_from([0, 59]),
)
scores = st.integers(0, 10)

people = st.fixed_dictionaries(
    {
        "email": st.sampled_from([None, "Ada@Example.com", "İ@ex.com", "ben@example.org"]),
        "language": st.sampled_from(["", "de", "de-at", "en"]),
        "suppression": st.sampled_from(["", "", "bounced", "unsubscribed"]),
        "owned": st.booleans(),
        "created_at": moments,
        "last_asked_at": st.none() | moments,
        "last_answered_at": st.none() | moments,
        "last_score": st.none() | scores,
        "previous_score": st.none() | scores,
        "answered_count": st.integers(0, 2),
        "properties": st.fixed_dictionaries(
            {},
            optional={
                "plan": texts,
                "tier": texts | st.sampled_from([None, "", 7, True, ["Pro"]]),  # from before it was a text
                "seats": numbers | st.sampled_from(["many", True, None]),
                "vip": st.booleans() | st.just("true"),
                "since": days.map(str) | st.sampled_from([20260329, "soon", ""]),
            },
        ),
        "asks": st.lists(st.tuples(st.integers(0, 1), st.none() | moments), max_size=3),
        "answers": st.lists(
            st.tuples(st.integers(0, 1), scores, moments, st.booleans(), texts | st.just("")), max_size=2
        ),
    }
)


def _ops(field: Field) -> list[Op]:
    """With those that are only understood any more."""
    every = (*field.ops, *field.kept_ops)
    return [op for op in every if op not in WITH_LIST or field.type is Type.TEXT or field.choices]


def trees(known: Catalogue) -> st.SearchStrategy[dict[str, Any]]:
    """Of all fields and operators, up to three groups deep."""
    groups = st.sampled_from(["all", "any", "none"])
    leaves = st.sampled_from(known.fields).flatmap(_comparisons)

    def group(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.builds(lambda word, inner: {word: inner}, groups, st.lists(parts, min_size=1, max_size=3))

    return group(leaves | group(leaves | group(leaves)))


def _comparisons(field: Field) -> st.SearchStrategy[dict[str, Any]]:
    return st.sampled_from(_ops(field)).flatmap(lambda op: _comparison(field, op))


def _comparison(field: Field, op: Op) -> st.SearchStrategy[dict[str, Any]]:
    base = {"field": field.key, "op": op.value}
    if op in WITHOUT_VALUE:
        return st.just(base)
    return _values(field, op).map(lambda value: base | {"value": value})


def _values(field: Field, op: Op) -> st.SearchStrategy[Any]:
    if op in WITH_DAYS:
        return st.integers(1, 3)
    one = {
        Type.TEXT: texts,
        Type.NUMBER: numbers,
        Type.BOOLEAN: st.booleans(),
        Type.DATE: days.map(str),
        Type.MOMENT: days.map(str),
        Type.CHOICE: st.sampled_from([choice.value for choice in field.choices] or [0]),
    }[field.type]
    if op in OF_TEXT:
        return texts
    if op is Op.BETWEEN:
        return st.tuples(one, one).map(lambda pair: sorted(pair))
    return st.lists(one, min_size=1, max_size=3) if op in WITH_LIST else one


# ── The plain reading ────────────────────────────────────────────────────────────────────────────────────────────────


class Plainly:
    """What a tree in JSON says about a person of the world, from the words of docs/conditions.md alone.

    `owner` is the id of the colleague who owns those that are owned, `campaigns` are the ids of the two campaigns,
    `segments` the saved conditions by id.
    """

    def __init__(self, owner: int, campaigns: list[int], segments: dict[int, Any]) -> None:
        self.owner = owner
        self.campaigns = campaigns
        self.segments = segments

    def holds(self, tree: dict[str, Any], person: dict[str, Any]) -> bool:
        if "field" in tree:
            return self._compares(tree["field"], tree["op"], tree.get("value"), person)
        if not tree:
            return True
        ((word, parts),) = tree.items()
        found = [self.holds(part, person) for part in parts]
        return {"all": all(found), "any": any(found), "none": not any(found)}[word]

    def _compares(self, key: str, op: str, wanted: Any, person: dict[str, Any]) -> bool:
        if key == "segment":
            is_in = any(self.holds(self.segments[pk], person) for pk in wanted)
            return is_in if op == "one_of" else not is_in
        found = [value for value in self._values(key, person) if value is not None and value != ""]
        if op in ("is_set", "not_set"):
            return bool(found) is (op == "is_set")
        return any(_compare(value, op, wanted) for value in found if _is_of_type(value, key))

    def _values(self, key: str, person: dict[str, Any]) -> list[Any]:
        name, _, rest = key.partition(".")
        last, previous = person["last_score"], person["previous_score"]
        change = None if last is None or previous is None else last - previous
        if name == "p":
            return [person["properties"].get(rest)]
        if name == "asked":
            return [at for place, at in person["asks"] if self.campaigns[place] == int(rest)]
        if name in ("answered", "score"):
            mine = [a for a in person["answers"] if self.campaigns[a[0]] == int(rest) and a[3]]
            return [at if name == "answered" else score for _, score, at, _, _ in mine]
        plain = {
            "owner": self.owner if person["owned"] else None,
            "time_zone": "",
            "created": person["created_at"],
            "changed": person["created_at"],
            "last_asked": person["last_asked_at"],
            "last_answered": person["last_answered_at"],
            "last_category": _category(last),
            "previous_category": _category(previous),
            "score_change": change,
            "score_trend": None if change is None else "fell" if change < 0 else "rose" if change > 0 else "same",
            "asked_count": 0,
        }
        return [plain[key] if key in plain else person[key]]


def _category(score: int | None) -> str | None:
    return None if score is None else "promoter" if score >= 9 else "passive" if score >= 7 else "detractor"


def _is_of_type(value: Any, key: str) -> bool:
    kind = PROPERTIES.get(key.removeprefix("p."), "") if key.startswith("p.") else ""
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "date":
        return isinstance(value, str) and _is_date(value)
    return isinstance(value, str) if kind else True


def _is_date(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


def _compare(value: Any, op: str, wanted: Any) -> bool:
    if isinstance(value, datetime):
        value = value.astimezone(BERLIN).date().isoformat()
    if isinstance(value, int | float) and not isinstance(value, bool) and not isinstance(wanted, list):
        value, wanted = Decimal(str(value)), Decimal(str(wanted))
    match op:
        case "equals":
            return value == wanted
        case "one_of":
            return value in wanted
        case "other_than":
            return value not in wanted
        case "contains":
            return _lower(wanted) in _lower(value)
        case "starts_with":
            return _lower(value).startswith(_lower(wanted))
        case "greater" | "after":
            return value > wanted
        case "less" | "before":
            return value < wanted
        case "at_least":
            return value >= wanted
        case "at_most":
            return value <= wanted
        case "between":
            return wanted[0] <= value <= wanted[1]
    return _counted(value, op, int(wanted))


def _counted(value: str, op: str, wanted: int) -> bool:
    """By days between then and today, both as dates."""
    ago = (TODAY - date.fromisoformat(value)).days
    return {"in_last": 0 <= ago <= wanted, "longer_ago": ago > wanted, "in_next": -wanted <= ago <= 0}[op]


def _lower(text: str) -> str:
    return text.replace("İ", "i").replace("Σ", "σ").lower() if "Σ" not in text else _lower(text.replace("Σ", "σ"))
