"""The pages of mail that belongs nowhere, and the form for what a customer said elsewhere."""

from typing import Any, Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.core import large
from surveys.inbox import downloads
from surveys.inbox.actions import adding, sorting
from surveys.inbox.actions.sorting import CannotSort, SortedMeanwhile
from surveys.inbox.actions.writing import CannotWrite
from surveys.inbox.inbound import contents, searching
from surveys.inbox.models import Conversation, InboundMail

PAGE: Final = 50


@access.permitted(Permission.ANSWER_CUSTOMERS)
@require_safe
def unrouted(request: OrganizationRequest) -> HttpResponse:
    page = Paginator(searching.unsorted(request.organization), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "mails": page.object_list,
        "previous_url": f"?page={page.previous_page_number()}" if page.has_previous() else "",
        "next_url": f"?page={page.next_page_number()}" if page.has_next() else "",
    }
    return render(request, "inbox/unrouted.html", context)


@access.permitted(Permission.ANSWER_CUSTOMERS)
@require_safe
def one(request: OrganizationRequest, pk: int) -> HttpResponse:
    return _shown(request, _mail(request, pk))


def _shown(request: OrganizationRequest, mail: InboundMail, status: int = 200, **typed: Any) -> HttpResponse:
    who = typed.get("who", mail.from_address)
    context = {
        "mail": mail,
        "content": contents.found(mail),
        "files": mail.attachments.defer("data").order_by("pk"),
        "who": who,
        "found": searching.customer(request.organization, who),
    }
    return render(request, "inbox/unrouted_mail.html", context | typed, status=status)


@access.permitted(Permission.ANSWER_CUSTOMERS)
@require_safe
def source(request: OrganizationRequest, pk: int) -> HttpResponse:
    """As it came: always a file, never a page."""
    mail = _mail(request, pk)
    return downloads.saved(large.read(mail, "raw"), f"mail-{mail.pk}.eml")


@access.permitted(Permission.ANSWER_CUSTOMERS)
@require_safe
def file(request: OrganizationRequest, pk: int) -> HttpResponse:
    """One of a mail's, by its own number."""
    found = searching.file(request.organization, pk)
    if found is None:
        raise Http404
    return downloads.file(found)


@access.permitted(Permission.ANSWER_CUSTOMERS)
@require_POST
def attach(request: OrganizationRequest, pk: int) -> HttpResponse:
    mail, who = _mail(request, pk), request.POST.get("who", "").strip()
    customer = searching.customer(request.organization, who)
    if customer is None:
        problem = _("Nobody here has the email address or external id “%(who)s”.") % {"who": who[:200]}
        return _shown(request, mail, 422, who=who, problem=problem)
    try:
        message = sorting.attach(mail=mail, customer=customer, by=request.membership, at=timezone.now())
    except SortedMeanwhile:
        return _sorted_meanwhile(request)
    except CannotSort as error:
        return _shown(request, mail, 422, who=who, problem=str(error))
    return redirect(message.conversation)


@access.permitted(Permission.ANSWER_CUSTOMERS)
@require_POST
def throw_away(request: OrganizationRequest, pk: int) -> HttpResponse:
    mail, reason = _mail(request, pk), request.POST.get("reason", "")
    try:
        sorting.throw_away(mail=mail, reason=reason, by=request.membership, at=timezone.now())
    except SortedMeanwhile:
        return _sorted_meanwhile(request)
    except CannotSort as error:
        return _shown(request, mail, 422, reason_problem=str(error))
    messages.success(request, _("The mail was thrown away."))
    return redirect("inbound:unrouted", slug=request.organization.slug)


@access.permitted(Permission.ANSWER_CUSTOMERS)
@require_POST
def add_by_hand(request: OrganizationRequest, pk: int) -> HttpResponse:
    conversation = access.get(request.membership, Conversation, pk)
    key, text = request.POST.get("key", "")[:80], request.POST.get("text", "")
    try:
        adding.add_by_hand(conversation=conversation, text=text, key=key, by=request.membership, at=timezone.now())
    except CannotWrite as error:
        context = {"conversation": conversation, "problem": str(error), "typed": text, "key": key}
        return render(request, "inbox/by_hand.html", context, status=422)
    return redirect(conversation)


def _mail(request: OrganizationRequest, pk: int) -> InboundMail:
    """Without its bytes. A colleague has sorted what is not among these, or it belongs to a conversation."""
    return get_object_or_404(searching.unsorted(request.organization), pk=pk)


def _sorted_meanwhile(request: OrganizationRequest) -> HttpResponse:
    messages.info(request, _("A colleague was faster: this mail is sorted already."))
    return redirect("inbound:unrouted", slug=request.organization.slug)
