"""What the form below a conversation posts. Every button of it posts all of it, so nothing that was typed is lost."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.core.uploads import takes_files
from surveys.inbox import composing, downloads, message_queries, saved
from surveys.inbox.actions import drafting, saving, unsending, writing
from surveys.inbox.models import Attachment, Conversation, Draft, Message, SavedReply
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
    if request.FILES and not _attached(request, conversation, said):
        return _back(conversation)
    draft = message_queries.draft(conversation, request.user, is_note=False)
    try:
        sent = writing.reply(
            conversation=conversation,
            text=said["text"],
            attachments=[file.pk for file in message_queries.files_of(draft)],
            key=said["key"],
            close_reason=said["close_reason"],
            seen=said["seen"],
            version=said["version"],
            by=request.membership,
            at=timezone.now(),
        )
    except writing.CannotWrite as error:
        _keep(request, conversation, said, is_note=False)
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
            conversation=conversation,
            text=said["text"],
            key=said["key"],
            seen=said["seen"],
            by=request.membership,
            at=timezone.now(),
        )
    except writing.CannotWrite as error:
        _keep(request, conversation, said, is_note=True)
        messages.error(request, str(error))
        return _back(conversation, composing.NOTE)
    _say_whom_it_tells(request, written.text)
    return redirect(f"{conversation.get_absolute_url()}#message-{written.pk}")


def _say_whom_it_tells(request: OrganizationRequest, text: str) -> None:
    naming = message_queries.naming(text, request.membership)
    if naming.told:
        messages.success(request, _("Told: %(names)s.") % {"names": ", ".join(naming.told)})
    for problem in naming.problems:
        messages.warning(request, problem)


def _keep(
    request: OrganizationRequest, conversation: Conversation, said: dict[str, Any], *, is_note: bool
) -> Draft | None:
    """By a button: where another window keeps other words, both stand in the form that follows, and it is said."""
    given: dict[str, Any] = {"conversation": conversation, "text": said["text"], "is_note": is_note}
    given |= {"by": request.membership, "at": timezone.now()}
    try:
        return drafting.keep(key=said["key"], seen=said["seen"], **given)
    except drafting.KeptElsewhere:
        messages.warning(request, _("You wrote here in another window, too. Both texts are below."))
        return drafting.keep_both(**given)


# ── Drafts and their files ───────────────────────────────────────────────────────────────────────────────────────────
@require_POST
@takes_files
def draft(request: OrganizationRequest, pk: int) -> HttpResponse:
    """While somebody types, and by a button."""
    conversation = access.get(request.membership, Conversation, pk)
    said = WritingForm(request.POST).known
    is_note = said["write"] == composing.NOTE
    if not request.htmx:
        _keep(request, conversation, said, is_note=is_note)
        return _back(conversation, said["write"])
    try:
        kept = drafting.keep(
            conversation=conversation,
            text=said["text"],
            is_note=is_note,
            key=said["key"],
            seen=said["seen"],
            by=request.membership,
            at=timezone.now(),
        )
    except drafting.KeptElsewhere as other:
        return render(request, "inbox/_draft_state.html", {"elsewhere": other.draft.updated_at})
    naming = message_queries.naming(said["text"], request.membership) if is_note else None
    context = {"saved_at": kept.updated_at if kept else None, "naming": naming, "length": writing.length(said["text"])}
    return render(request, "inbox/_draft_state.html", context)


@require_POST
@takes_files
def discard(request: OrganizationRequest, pk: int) -> HttpResponse:
    conversation = access.get(request.membership, Conversation, pk)
    said = WritingForm(request.POST).known
    try:
        drafting.throw_away(
            conversation=conversation,
            text=said["text"],
            is_note=said["write"] == composing.NOTE,
            key=said["key"],
            seen=said["seen"],
            by=request.membership,
        )
    except drafting.KeptElsewhere:
        messages.warning(request, _("This text is gone. What you wrote in another window is below."))
    return _back(conversation, said["write"])


@require_POST
@takes_files
def attach(request: OrganizationRequest, pk: int) -> HttpResponse:
    conversation = access.get(request.membership, Conversation, pk)
    access.require(request.membership, Permission.ANSWER_CUSTOMERS)
    if not request.FILES:
        messages.error(request, _("No file came here: choose one first, and none that is larger than the limit."))
    _attached(request, conversation, WritingForm(request.POST).known)
    return _back(conversation)


def _attached(request: OrganizationRequest, conversation: Conversation, said: dict[str, Any]) -> bool:
    """Whether all that were chosen are with the draft now; what is not is said."""
    kept = _keep(request, conversation, said, is_note=False)
    _draft, refused = drafting.attach(
        conversation=conversation,
        text=kept.text if kept else "",
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
    _keep(request, conversation, WritingForm(request.POST).known, is_note=False)
    drafting.detach(conversation=conversation, attachment_id=pk, by=request.membership)
    return _back(conversation)


@require_POST
@takes_files
def insert(request: OrganizationRequest, pk: int) -> HttpResponse:
    """A saved reply where the cursor stood, else behind what was typed; filled in for this customer."""
    conversation = access.get(request.membership, Conversation, pk)
    access.require(request.membership, Permission.ANSWER_CUSTOMERS)
    said = WritingForm(request.POST).known
    chosen = access.get(request.membership, SavedReply, said["saved"] or 0)
    new = saved.filled(chosen, conversation, request.user)
    said["text"] = saved.put_in(said["text"], new, said["cursor"])
    _keep(request, conversation, said, is_note=False)
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


@require_GET
@access.permitted(Permission.ANSWER_CUSTOMERS)
def file(request: OrganizationRequest, pk: int) -> HttpResponse:
    """Of one's own draft, as a download; those of messages are beside these."""
    found = message_queries.draft_file(request.membership, pk)
    if found is None:
        raise Http404
    return downloads.file(found)
