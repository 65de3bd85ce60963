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
from surveys.automation.queries import LogPage
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
    page = LogPage(queries.one_run(found, int(only))) if is_id(only) else queries.log(found, outcome, after)
    context: dict[str, Any] = {
        "rule": found,
        "lines": run_lines.lines(page.runs, request.membership),
        "choices": _choices(outcome, is_one=is_id(only)),
        "is_narrowed": bool(outcome or after or only),
        "next_url": _url(outcome, page.after) if page.after else "",
        "shows_rule": False,
    }
    return render(request, "automation/log.html", context)


def _choices(outcome: str, *, is_one: bool) -> list[Choice]:
    named = [("", _("All")), *((each.value, each.label) for each in RunOutcome)]
    return [Choice(_url(value), str(label), not is_one and value == outcome) for value, label in named]


def _url(outcome: str, after: str = "") -> str:
    asked = {"outcome": outcome, "after": after}
    return "?" + urlencode({name: value for name, value in asked.items() if value})


@require_safe
def response(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, Response, pk)
    lines = run_lines.lines(queries.runs_about(found), request.membership)
    context = {"response": found, "lines": lines, "shows_rule": True}
    return render(request, "automation/response.html", context)
