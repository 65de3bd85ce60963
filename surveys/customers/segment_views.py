"""Pages about segments."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.models import AuditEntry, Membership
from surveys.accounts.permissions import Permission
from surveys.core.conditions.builder import Builder
from surveys.core.conditions.catalogue import Catalogue
from surveys.customers.actions import segments as actions
from surveys.customers.condition_uses import Use, described
from surveys.customers.list_filters import is_id
from surveys.customers.models import Segment
from surveys.customers.queries import segments as queries
from surveys.customers.segment_forms import SegmentForm

LONGEST_WHERE = 20_000


@require_GET
def segments(request: OrganizationRequest) -> HttpResponse:
    deleted = request.GET.get("deleted", "")
    gone = int(deleted) if is_id(deleted) else None
    deletion = queries.segment_deletion(request.organization, gone) if gone else None
    context = {
        "segments": queries.segments(request.membership),
        "deletion": deletion,
        "can_edit": access.can(request.membership, Permission.EDIT_SEGMENTS),
    }
    return render(request, "customers/segments.html", context)


@require_GET
def segment(request: OrganizationRequest, pk: int) -> HttpResponse:
    return _detail(request, access.get(request.membership, Segment, pk))


def _detail(request: OrganizationRequest, found: Segment, *, refused: bool = False) -> HttpResponse:
    known = queries.customer_catalogue(request.organization)
    who = queries.who_for(request.membership, found.conditions, known)
    result = queries.meaning(request.organization, who.tree, known, at=timezone.now())
    context = {
        "segment": found,
        "who": who,
        "size": result.size,
        "people": result.people,
        "uses": described(request, queries.uses(found)),
        "history": [_told(entry) for entry in queries.segment_history(found)],
        "refused": refused,
        "can_edit": access.can(request.membership, Permission.EDIT_SEGMENTS),
    }
    return render(request, "customers/segment.html", context, status=409 if refused else 200)


_SAID = {
    "segment.created": gettext_lazy("Created"),
    "segment.changed": gettext_lazy("Changed"),
    "segment.deleted": gettext_lazy("Deleted"),
    "segment.restored": gettext_lazy("Restored"),
}


def _told(entry: AuditEntry) -> dict[str, Any]:
    return {"said": _SAID.get(entry.action, entry.action), "who": entry.actor_email, "at": entry.at}


@require_GET
def segment_size(request: OrganizationRequest, pk: int) -> HttpResponse:
    """The number alone, for the list; the page of the segment says it too."""
    found = access.get(request.membership, Segment, pk)
    known = queries.customer_catalogue(request.organization)
    who = queries.who(found.conditions, known)
    size = queries.size(request.organization, who.tree, known, at=timezone.now()) if who.tree else None
    return render(request, "customers/_segment_size.html", {"size": size})


# ── Writing one ──────────────────────────────────────────────────────────────────────────────────────────────────────


@access.permitted(Permission.EDIT_SEGMENTS)
@require_http_methods(["GET", "HEAD", "POST"])
def segment_new(request: OrganizationRequest) -> HttpResponse:
    """`like` begins with another segment, `where` with conditions, such as those of a list."""
    known = queries.customer_catalogue(request.organization)
    if request.method != "POST":
        like = _like(request.membership, request.GET.get("like", ""))
        start = like.conditions if like else stored_in(request.GET.get("where", ""))
        form = SegmentForm(initial={"name": _copy_of(like) if like else "", "description": ""})
        return _form(request, form, Builder.of_json(start, known))
    form, builder = SegmentForm(request.POST), _typed(request.POST, known)
    tree = builder.tree if "save" in request.POST and form.is_valid() else None
    if tree is None:
        return _form(request, form, builder)

    def create(name: str, description: str) -> Segment:
        return actions.create(
            name=name, description=description, conditions=tree.to_json(), by=request.membership, at=timezone.now()
        )

    return _saved(request, form, builder, create)


def _like(by: Membership, pk: str) -> Segment | None:
    return access.get(by, Segment, int(pk)) if is_id(pk) else None


def _copy_of(segment: Segment) -> str:
    return (_("%(name)s (copy)") % {"name": segment.name})[:100]


def stored_in(where: str) -> dict[str, Any]:
    """What an address says; {} when it is nothing that conditions could be."""
    try:
        stored = json.loads(where[:LONGEST_WHERE])
    except (ValueError, RecursionError):
        return {}
    return stored if isinstance(stored, dict) else {}


def _typed(data: QueryDict, known: Catalogue) -> Builder:
    return Builder.typed(data, known, is_strict="save" in data)


@access.permitted(Permission.EDIT_SEGMENTS)
@require_http_methods(["GET", "HEAD", "POST"])
def segment_edit(request: OrganizationRequest, pk: int) -> HttpResponse:
    """Of a segment in use, the first "save" shows what the change does; "save" with the value "all" carries it out."""
    found = access.get(request.membership, Segment, pk)
    known = queries.customer_catalogue(request.organization)
    if request.method != "POST":
        form = SegmentForm(initial={"name": found.name, "description": found.description, "version": found.version})
        return _form(request, form, Builder.of_json(found.conditions, known), found)
    form, builder = SegmentForm(request.POST), _typed(request.POST, known)
    tree = builder.tree if "save" in request.POST and form.is_valid() else None
    if tree is None:
        return _form(request, form, builder, found)
    conditions = tree.to_json()
    uses = described(request, queries.uses(found)) if conditions != found.conditions else []
    if uses and request.POST.get("save") != "all":
        return _form(request, form, builder, found, effect=_effect(request, found, builder, uses))

    def change(name: str, description: str) -> Segment:
        actions.change(
            segment=found,
            name=name,
            description=description,
            conditions=conditions,
            version=form.cleaned_data["version"] or 0,
            by=request.membership,
            at=timezone.now(),
        )
        return found

    return _saved(request, form, builder, change, found)


@dataclass(frozen=True)
class Effect:
    """What changing a segment in use does: who belonged, who will, and what relies on it."""

    before: queries.Size | None
    after: queries.Size
    uses: list[Use]

    @property
    def live(self) -> list[Use]:
        return [use for use in self.uses if use.is_live]


def _effect(request: OrganizationRequest, found: Segment, builder: Builder, uses: list[Use]) -> Effect:
    at = timezone.now()
    was = queries.who(found.conditions, builder.catalogue)
    assert builder.tree is not None

    def size(tree: Any) -> queries.Size:
        return queries.size(request.organization, tree, builder.catalogue, at=at)

    return Effect(size(was.tree) if was.tree else None, size(builder.tree), uses)


def _saved(
    request: OrganizationRequest,
    form: SegmentForm,
    builder: Builder,
    act: Callable[[str, str], Segment],
    found: Segment | None = None,
) -> HttpResponse:
    try:
        stored = act(form.cleaned_data["name"], form.cleaned_data["description"])
    except actions.NameTaken:
        form.add_error("name", _("Another segment has this name. Choose another one."))
    except actions.LeansOnItself as error:
        builder.problem = _("A segment cannot be made of itself: %(way)s.") % {"way": " → ".join(error.names)}
    except actions.ChangedMeanwhile:
        form.add_error(None, _("Somebody else changed this segment meanwhile. Open it again and repeat your change."))
    except actions.TooMany:
        form.add_error(None, _("There are as many segments as there can be. Delete one that nothing uses first."))
    except actions.Gone:
        form.add_error(None, _("Somebody else deleted this segment meanwhile."))
    else:
        messages.success(request, _("The segment is saved."))
        return redirect(stored)
    return _form(request, form, builder, found)


def _form(
    request: OrganizationRequest,
    form: SegmentForm,
    builder: Builder,
    found: Segment | None = None,
    effect: Effect | None = None,
) -> HttpResponse:
    context = _result(request, builder) | {"form": form, "segment": found, "effect": effect}
    return render(request, "customers/segment_form.html", context)


def _result(request: OrganizationRequest, builder: Builder) -> dict[str, Any]:
    """What the builder's conditions mean now: a count, ten people, a sentence."""
    result = queries.meaning(request.organization, builder.tree, builder.catalogue, at=timezone.now())
    return {
        "builder": builder,
        "here": request.get_full_path(),
        "is_unsaved": request.method == "POST",
        "size": result.size,
        "people": result.people,
    }


# ── Deleting ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@require_POST
def segment_delete(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, Segment, pk)
    try:
        actions.delete(segment=found, by=request.membership, at=timezone.now())
    except actions.InUse:
        return _detail(request, found, refused=True)
    except actions.Gone:
        messages.info(request, _("Somebody else deleted this segment meanwhile."))
    return redirect(access.url(request.organization, "customers:segments") + "?" + urlencode({"deleted": pk}))


@access.permitted(Permission.EDIT_SEGMENTS)
@require_POST
def segment_restore(request: OrganizationRequest, pk: int) -> HttpResponse:
    deletion = queries.segment_deletion(request.organization, pk)
    if deletion is None:
        return redirect(access.get(request.membership, Segment, pk))  # brought back already, if it is there
    try:
        restored = actions.restore(deletion=deletion, by=request.membership, at=timezone.now())
    except actions.Gone:
        return redirect(access.get(request.membership, Segment, pk))
    except actions.NameTaken:
        messages.error(request, _("Another segment has this name now. Rename that one, then restore this one."))
        return redirect(access.url(request.organization, "customers:segments"))
    messages.success(request, _("The segment is back."))
    return redirect(restored)
