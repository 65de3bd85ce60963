"""What rules did, and why: the log of one rule, and all that rules made of one response."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.automation import queries, run_lines
from surveys.automation.models import Rule, RunOutcome
from surveys.customers.list_filters import is_id
from surveys.responses.models import Response


@dataclass(frozen=True)
class Choice:
    url: str
    label: str
    is_current: bool


@require_safe
def log(request: OrganizationRequest, pk: int) -> HttpResponse:
    """Also of a rule that was deleted. `run`: that one alone."""
    found = access.get(request.membership, Rule, pk)
    outcome, after, only = (request.GET.get(name, "") for name in ("outcome", "after", "run"))
    if is_id(only):
        runs = queries.one_run(found, int(only))
    else:
        runs = queries.log(found, outcome, int(after) if is_id(after) else None)
    shown, rest = runs[: queries.PAGE], runs[queries.PAGE :]
    context: dict[str, Any] = {
        "rule": found,
        "lines": run_lines.lines(shown, request.membership),
        "choices": _choices(outcome, is_one=is_id(only)),
        "is_narrowed": bool(outcome or after or only),
        "next_url": _url(outcome, shown[-1].pk) if rest else "",
        "shows_rule": False,
    }
    return render(request, "automation/log.html", context)


def _choices(outcome: str, *, is_one: bool) -> list[Choice]:
    named = [("", _("All")), *((each.value, each.label) for each in RunOutcome)]
    return [Choice(_url(value), str(label), not is_one and value == outcome) for value, label in named]


def _url(outcome: str, after: int | None = None) -> str:
    asked = {"outcome": outcome, "after": str(after or "")}
    return "?" + urlencode({name: value for name, value in asked.items() if value})


@require_safe
def response(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, Response, pk)
    lines = run_lines.lines(queries.runs_about(found), request.membership)
    context = {"response": found, "lines": lines, "shows_rule": True}
    return render(request, "automation/response.html", context)
