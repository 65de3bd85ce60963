"""The organization's tags: one page to make, rename, merge and delete them."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.actions.saved_views import StillAsked
from surveys.accounts.permissions import Permission
from surveys.accounts.queries import saved_views
from surveys.automation import queries as automation
from surveys.responses import mark_queries
from surveys.responses.actions import tagging
from surveys.responses.mark_forms import TagForm
from surveys.responses.mark_views import too_many
from surveys.responses.models import ResponseAct, Tag


@dataclass(frozen=True)
class Row:
    """`going` is the act that ends it."""

    tag: Tag
    responses: int
    going: ResponseAct | None


@require_http_methods(["GET", "HEAD", "POST"])
def tags(request: OrganizationRequest) -> HttpResponse:
    """All of them, with how many responses have each; POST makes one."""
    form = TagForm(request.POST or None)
    if request.method == "POST":
        access.require(request.membership, Permission.MARK_RESPONSES)
        if form.is_valid() and _made(request, form):
            return redirect("responses:tags", slug=request.organization.slug)
    sizes, going = mark_queries.tag_sizes(request.organization), mark_queries.tags_going(request.organization)
    rows = [Row(tag, sizes.get(tag.pk, 0), going.get(tag.pk)) for tag in mark_queries.tags(request.organization)]
    can_mark = access.can(request.membership, Permission.MARK_RESPONSES)
    return render(request, "responses/tags.html", {"form": form, "rows": rows, "can_mark": can_mark})


def _made(request: OrganizationRequest, form: TagForm) -> bool:
    name = form.cleaned_data["name"]
    if tagging.named(request.organization, name):
        form.add_error("name", _("There is a tag “%(name)s” already.") % {"name": name})
        return False
    try:
        tagging.find_or_make_tag(name=name, by=request.membership, at=timezone.now())
    except tagging.TooMany:
        form.add_error("name", too_many())
        return False
    messages.success(request, _("The tag “%(name)s” is there.") % {"name": name})
    return True


@access.permitted(Permission.MARK_RESPONSES)
@require_http_methods(["GET", "HEAD", "POST"])
def tag(request: OrganizationRequest, pk: int) -> HttpResponse:
    """One tag: POST renames it."""
    found = access.get(request.membership, Tag, pk)
    form = TagForm(request.POST if request.method == "POST" else None, initial={"name": found.name})
    if request.method == "POST" and form.is_valid():
        try:
            tagging.rename_tag(tag=found, name=form.cleaned_data["name"], by=request.membership, at=timezone.now())
            return redirect("responses:tags", slug=request.organization.slug)
        except tagging.NameTaken:
            form.add_error("name", _("Another tag has this name. Merge the two instead."))
    others = [other for other in mark_queries.tags(request.organization) if other.pk != found.pk]
    size = mark_queries.tag_sizes(request.organization).get(pk, 0)
    going = mark_queries.tags_going(request.organization).get(pk)
    views = saved_views.asking_about(request.organization, "tag", pk)
    held = StillAsked(views).sentence if views else ""
    rules = automation.rules_for_tag(request.organization, pk)
    context = {
        "tag": found,
        "form": form,
        "others": others,
        "size": size,
        "going": going,
        "held": held,
        "rules": rules,
    }
    return render(request, "responses/tag.html", context)


@access.permitted(Permission.MARK_RESPONSES)
@require_POST
def tag_merge(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, Tag, pk)
    chosen = request.POST.get("into", "")
    others = {str(tag.pk): tag for tag in mark_queries.tags(request.organization) if tag.pk != pk}
    if chosen not in others:
        messages.error(request, _("Choose the tag that it becomes one with."))
        return redirect("responses:tag", slug=request.organization.slug, pk=pk)
    return _ended(request, found, others[chosen])


@access.permitted(Permission.MARK_RESPONSES)
@require_POST
def tag_delete(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, Tag, pk)
    return _ended(request, found, None)


def _ended(request: OrganizationRequest, tag: Tag, into: Tag | None) -> HttpResponse:
    at = timezone.now()
    try:
        if into:
            return redirect(tagging.merge_tags(tag=tag, into=into, by=request.membership, at=at))
        return redirect(tagging.delete_tag(tag=tag, by=request.membership, at=at))
    except StillAsked as asked:
        messages.error(request, asked.sentence)
        return redirect("responses:tag", slug=request.organization.slug, pk=tag.pk)
