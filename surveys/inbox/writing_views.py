"""What the form below a conversation posts. Every button of it posts all of it, so nothing that was typed is lost."""

from io import BytesIO
from typing import Final

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.core.uploads import takes_files
from surveys.inbox import composing, message_queries, saved
from surveys.inbox.actions import drafting, saving, unsending, writing
from surveys.inbox.models import Attachment, Conversation, Message, SavedReply
from surveys.inbox.writing_forms import WritingForm, new_files


@require_GET
@access.permitted(Permission.ANSWER_CUSTOMERS)
def compose(request: OrganizationRequest, pk: int) -> HttpResponse:
    """The form alone; as a page, the conversation's."""
    conversation = access.get(request.membership, Conversation, pk)
    if not request.htmx:
        return _back(conversation, request.GET.get("write", ""))
    composer = composing.composer(conversation, request.membership, request.GET, at=timezone.now())
    return render(request, "inbox/_composer.html", {"composer": composer})


def _back(conversation: Conversation, write: str = "") -> HttpResponse:
    tab = composing.NOTE if write == composing.NOTE else composing.REPLY
    return redirect(f"{conversation.get_absolute_url()}?write={tab}#composer")


@require_POST
@takes_files
def reply(request: OrganizationRequest, pk: int) -> HttpResponse:
    conversation = access.get(request.membership, Conversation, pk)
    access.require(request.membership, Permission.ANSWER_CUSTOMERS)
    said = WritingForm(request.POST).known
    if request.FILES and not _attached(request, conversation, said["text"]):
        return _back(conversation)
    draft = message_queries.draft(conversation, request.user, is_note=False)
    try:
        sent = writing.reply(
            conversation=conversation,
            text=said["text"],
            attachments=[file.pk for file in message_queries.files_of(draft)],
            key=said["key"],
            close_reason=said["close_reason"],
            by=request.membership,
            at=timezone.now(),
        )
    except writing.CannotWrite as error:
        _keep(request, conversation, said["text"], is_note=False)
        messages.error(request, str(error))
        return _back(conversation)
    return redirect(f"{conversation.get_absolute_url()}#message-{sent.pk}")


@require_POST
@takes_files
def note(request: OrganizationRequest, pk: int) -> HttpResponse:
    conversation = access.get(request.membership, Conversation, pk)
    said = WritingForm(request.POST).known
    try:
        written = writing.note(
            conversation=conversation, text=said["text"], key=said["key"], by=request.membership, at=timezone.now()
        )
    except writing.CannotWrite as error:
        _keep(request, conversation, said["text"], is_note=True)
        messages.error(request, str(error))
        return _back(conversation, composing.NOTE)
    return redirect(f"{conversation.get_absolute_url()}#message-{written.pk}")


def _keep(request: OrganizationRequest, conversation: Conversation, text: str, *, is_note: bool) -> None:
    drafting.keep(conversation=conversation, text=text, is_note=is_note, by=request.membership, at=timezone.now())


# ── Drafts and their files ───────────────────────────────────────────────────────────────────────────────────────────
@require_POST
@takes_files
def draft(request: OrganizationRequest, pk: int) -> HttpResponse:
    """While somebody types, and by a button."""
    conversation = access.get(request.membership, Conversation, pk)
    said = WritingForm(request.POST).known
    kept = drafting.keep(
        conversation=conversation,
        text=said["text"],
        is_note=said["write"] == composing.NOTE,
        key=said["key"],
        by=request.membership,
        at=timezone.now(),
    )
    if request.htmx:
        return render(request, "inbox/_draft_state.html", {"saved_at": kept.updated_at if kept else None})
    return _back(conversation, said["write"])


@require_POST
@takes_files
def discard(request: OrganizationRequest, pk: int) -> HttpResponse:
    conversation = access.get(request.membership, Conversation, pk)
    write = WritingForm(request.POST).known["write"]
    drafting.throw_away(conversation=conversation, is_note=write == composing.NOTE, by=request.membership)
    return _back(conversation, write)


@require_POST
@takes_files
def attach(request: OrganizationRequest, pk: int) -> HttpResponse:
    conversation = access.get(request.membership, Conversation, pk)
    access.require(request.membership, Permission.ANSWER_CUSTOMERS)
    if not request.FILES:
        messages.error(request, _("No file came here: choose one first, and none that is larger than the limit."))
    _attached(request, conversation, WritingForm(request.POST).known["text"])
    return _back(conversation)


def _attached(request: OrganizationRequest, conversation: Conversation, text: str) -> bool:
    """Whether all that were chosen are with the draft now; what is not is said."""
    _draft, refused = drafting.attach(
        conversation=conversation,
        text=text,
        new=new_files(request.FILES.getlist("files")),
        by=request.membership,
        at=timezone.now(),
    )
    for why in refused:
        messages.error(request, why)
    return not refused


@require_POST
@takes_files
def file_remove(request: OrganizationRequest, pk: int) -> HttpResponse:
    access.require(request.membership, Permission.ANSWER_CUSTOMERS)
    file = access.get(request.membership, Attachment, pk)
    conversation = access.get(request.membership, Conversation, file.draft.conversation_id if file.draft else 0)
    _keep(request, conversation, WritingForm(request.POST).known["text"], is_note=False)
    drafting.detach(conversation=conversation, attachment_id=pk, by=request.membership)
    return _back(conversation)


@require_POST
@takes_files
def insert(request: OrganizationRequest, pk: int) -> HttpResponse:
    """A saved reply behind what was typed, filled in for this customer."""
    conversation = access.get(request.membership, Conversation, pk)
    access.require(request.membership, Permission.ANSWER_CUSTOMERS)
    said = WritingForm(request.POST).known
    chosen = access.get(request.membership, SavedReply, said["saved"] or 0)
    text = "\n\n".join(filter(None, (said["text"].rstrip(), saved.filled(chosen, conversation, request.user))))
    _keep(request, conversation, text, is_note=False)
    saving.count_use(saved=chosen, by=request.membership)
    return _back(conversation)


# ── What was written ─────────────────────────────────────────────────────────────────────────────────────────────────
@require_POST
def message_unsend(request: OrganizationRequest, pk: int) -> HttpResponse:
    message = access.get(request.membership, Message, pk)
    try:
        unsending.unsend(message=message, by=request.membership, at=timezone.now())
    except unsending.TooLate:
        messages.error(request, _("It is on its way already: it cannot be taken back any more."))
        return redirect(f"{message.conversation.get_absolute_url()}#message-{message.pk}")
    messages.success(request, _("Nothing was sent. Your text is below, to be changed or thrown away."))
    return _back(message.conversation)


_HARMLESS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, no-store",
}


@require_GET
@access.permitted(Permission.ANSWER_CUSTOMERS)
def file(request: OrganizationRequest, pk: int) -> HttpResponseBase:
    """Of one's own draft, as a download; those of messages are beside these."""
    found = message_queries.draft_file(request.membership, pk)
    if found is None:
        raise Http404
    data = BytesIO(bytes(found.data))
    return FileResponse(
        data, as_attachment=True, filename=found.name, content_type="application/octet-stream", headers=_HARMLESS
    )
