"""What a colleague says about one response: junk or not, tags; one click each, and one to take it back."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.responses import actions
from surveys.responses.actions import tagging
from surveys.responses.mark_forms import JunkForm, TagForm
from surveys.responses.models import Response, Tag


@access.permitted(Permission.MARK_RESPONSES)
@require_POST
def exclude(request: OrganizationRequest, pk: int) -> HttpResponse:
    response = access.get(request.membership, Response, pk)
    form = JunkForm(request.POST)
    if form.is_valid():
        actions.exclude(responses=[pk], junk=form.junk, by=request.membership, at=timezone.now())
    else:
        messages.error(request, _first_error(form))
    return redirect(response)


@access.permitted(Permission.MARK_RESPONSES)
@require_POST
def include(request: OrganizationRequest, pk: int) -> HttpResponse:
    response = access.get(request.membership, Response, pk)
    actions.include(responses=[pk], by=request.membership, at=timezone.now())
    return redirect(response)


@access.permitted(Permission.MARK_RESPONSES)
@require_POST
def add_tag(request: OrganizationRequest, pk: int) -> HttpResponse:
    """By its name; one that is not there yet is made."""
    response, at = access.get(request.membership, Response, pk), timezone.now()
    form = TagForm(request.POST)
    try:
        if form.is_valid():
            tag = tagging.find_or_make_tag(name=form.cleaned_data["name"], by=request.membership, at=at)
            actions.tag(responses=[pk], tag=tag, by=request.membership, at=at)
        else:
            messages.error(request, _first_error(form))
    except tagging.TooMany:
        messages.error(request, too_many())
    except actions.TagIsGone:
        messages.error(request, _("This tag was deleted a moment ago."))
    return redirect(response)


@access.permitted(Permission.MARK_RESPONSES)
@require_POST
def remove_tag(request: OrganizationRequest, pk: int) -> HttpResponse:
    response = access.get(request.membership, Response, pk)
    key = request.POST.get("tag", "")
    found = Tag.objects.filter(organization=request.organization, pk=int(key)).first() if _is_key(key) else None
    if found:
        actions.untag(responses=[pk], tag=found, by=request.membership, at=timezone.now())
    return redirect(response)


@access.permitted(Permission.MARK_RESPONSES)
@require_POST
def take_back(request: OrganizationRequest, pk: int, change: int) -> HttpResponse:
    response = access.get(request.membership, Response, pk)
    try:
        actions.take_back(response=response, change=change, by=request.membership, at=timezone.now())
        messages.success(request, _("It is as it was before."))
    except actions.NothingToTakeBack:
        messages.info(request, _("Somebody has marked this response since: nothing was taken back."))
    except actions.TagIsGone:
        messages.info(request, _("The tag was deleted meanwhile."))
    return redirect(response)


def too_many() -> str:
    return _("There are %(count)d tags already. Merge or delete some before you make another.") % {
        "count": tagging.MOST
    }


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _first_error(form: JunkForm | TagForm) -> str:
    name, errors = next(iter(form.errors.items()))
    return f"{form.fields[name].label}: {errors[0]}"
