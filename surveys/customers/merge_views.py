"""Merging two customers: found, compared field by field, seen before it is done."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.customers import queries, values
from surveys.customers.actions import merging
from surveys.customers.actions.merging import Choice, NotPossible
from surveys.customers.list_filters import ListFilters, is_id
from surveys.customers.models import Customer, Property

A, B = "a", "b"
_LABELS: Final[dict[str, str | Promise]] = {
    "name": gettext_lazy("Name"),
    "email": gettext_lazy("Email"),
    "external_id": gettext_lazy("External ID"),
    "phone": gettext_lazy("Phone"),
    "owner_id": gettext_lazy("Owner"),
    "language": gettext_lazy("Language"),
    "time_zone": gettext_lazy("Time zone"),
}


@dataclass(frozen=True)
class Line:
    """One field of both. `side` is whose value the result has."""

    name: str
    label: str | Promise
    values: dict[str, Any]
    side: str
    shown: Callable[[Any], str]

    @property
    def differs(self) -> bool:
        return self.values[A] != self.values[B] and all(value not in (None, "") for value in self.values.values())

    @property
    def result(self) -> Any:
        return self.values[self.side]

    @property
    def words(self) -> dict[str, str]:
        said = {side: "" if value in (None, "") else self.shown(value) for side, value in self.values.items()}
        return said | {"result": said[self.side]}


@dataclass(frozen=True)
class Comparison:
    """Two customers, and what was chosen of each; unsaid, the one that answered or was asked more gives the values."""

    request: OrganizationRequest
    a: Customer
    b: Customer

    @cached_property
    def survivor(self) -> str:
        said = self.request.POST.get("survivor")
        return said if said in (A, B) else max((A, B), key=lambda side: _weight(getattr(self, side)))

    @cached_property
    def lines(self) -> list[Line]:
        declared = queries.declared_properties(self.request.organization)
        keys = [known.key for known in declared]
        others = sorted({*self.a.properties, *self.b.properties}.difference(keys))
        labels = {known.key: known for known in declared}
        return [
            *(self._column(name) for name in merging.COLUMNS),
            *(self._property(key, labels.get(key)) for key in (*keys, *others)),
        ]

    @property
    def choice(self) -> Choice:
        other = B if self.survivor == A else A
        return Choice(
            survivor=getattr(self, self.survivor),
            gone=getattr(self, other),
            taken=[line.name for line in self.lines if line.side == other],
            versions=(self.version(self.survivor), self.version(other)),
        )

    def version(self, side: str) -> str:
        """What was looked at: the preview says so when it is sent."""
        return self.request.POST.get(f"version_{side}") or merging.version(getattr(self, side).updated_at)

    @property
    def versions(self) -> dict[str, str]:
        return {side: merging.version(getattr(self, side).updated_at) for side in (A, B)}

    def _column(self, name: str) -> Line:
        pair = {A: getattr(self.a, name), B: getattr(self.b, name)}
        owners = {customer.owner_id: str(customer.owner) for customer in (self.a, self.b)}
        shown = {"owner_id": lambda value: owners[value], "language": values.language_name}.get(name, str)
        return Line(name, _LABELS[name], pair, self._side(name, pair), shown)

    def _property(self, key: str, known: Property | None) -> Line:
        pair = {A: self.a.properties.get(key), B: self.b.properties.get(key)}
        return Line(f"p.{key}", known.label if known else key, pair, self._side(f"p.{key}", pair), _shown)

    def _side(self, name: str, pair: dict[str, Any]) -> str:
        """The chosen side; where one has nothing, the other."""
        said = self.request.POST.get(name)
        side = said if said in (A, B) else self.survivor
        other = A if side == B else B
        return other if pair[side] in (None, "") and pair[other] not in (None, "") else side


def _weight(customer: Customer) -> tuple[int, int, int]:
    return customer.answered_count, customer.asked_count, -customer.pk


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return str(value)


@access.permitted(Permission.DELETE_CUSTOMERS)
@require_safe
def duplicates(request: OrganizationRequest) -> HttpResponse:
    return render(request, "customers/duplicates.html", {"twins": queries.likely_twins(request.organization)})


@access.permitted(Permission.DELETE_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: OrganizationRequest) -> HttpResponse:
    """GET compares, POST shows the result, POST with `merge` does it."""
    ids = list(dict.fromkeys(text for text in request.GET.getlist("id") if is_id(text)))
    if len(ids) == 1:
        return _choose(request, _get(request, int(ids[0])))
    if len(ids) != 2:
        messages.info(request, _("Tick exactly two customers to merge them."))
        return redirect(access.url(request.organization, "customers:list"))
    comparison = Comparison(request, *(_get(request, int(pk)) for pk in ids))
    if "merge" in request.POST:
        return _merged(request, comparison)
    context = {
        "both": comparison,
        "is_preview": request.method == "POST",
        "asked": comparison.a.asked_count + comparison.b.asked_count,
        "answered": comparison.a.answered_count + comparison.b.answered_count,
    }
    return render(request, "customers/merge.html", context)


def _choose(request: OrganizationRequest, customer: Customer) -> HttpResponse:
    """Who the other one may be: those who look alike, or those whom the words name."""
    filters = ListFilters(words=ListFilters.from_query(request.GET).words)
    if filters.words:
        found = queries.page(request.organization, filters, at=timezone.now()).customers
    else:
        found = queries.alike(customer)
    others = [other for other in found if other.pk != customer.pk][:_MOST_OFFERED]
    return render(
        request, "customers/merge_with.html", {"customer": customer, "others": others, "words": filters.words}
    )


_MOST_OFFERED: Final = 10


def _get(request: OrganizationRequest, pk: int) -> Customer:
    found = Customer.objects.select_related("owner").filter(organization=request.organization, pk=pk)
    customer = found.first()
    if customer is None:
        raise Http404
    return customer


def _merged(request: OrganizationRequest, both: Comparison) -> HttpResponse:
    """It waits, and can be taken back until it begins. What was changed since it was looked at is looked at again."""
    try:
        act = merging.confirm(choice=both.choice, by=request.membership, at=timezone.now())
    except NotPossible as why:
        messages.error(request, str(why))
        return redirect(request.get_full_path())
    return redirect(act)
