"""What somebody has begun to write, with its files: kept until it is sent or thrown away. One reply and one note for each
person and conversation; nobody else sees it."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from surveys.accounts import access
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.core import placeholders
from surveys.inbox import files
from surveys.inbox.actions.writing import hold, knows
from surveys.inbox.files import NewFile
from surveys.inbox.models import Attachment, Conversation, Draft, Message


class KeptElsewhere(Exception):
    """Another window of the same person keeps other words, in `draft`. Nothing was written over them."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(f"draft {draft.pk} is of another form")
        self.draft = draft


def keep(
    *,
    conversation: Conversation,
    text: str,
    is_note: bool = False,
    key: str = "",
    seen: datetime | None = None,
    by: Membership,
    at: datetime,
) -> Draft | None:
    """Store what was typed so far; None when there is nothing to keep. `key` is that of the form: what it has sent is not
    a draft any more, however late this comes. `seen` is when the draft was kept that the form was made with. Raises
    KeptElsewhere."""
    access.require(by, Permission.ANSWER_CUSTOMERS)
    text = _clean(text)
    with transaction.atomic():
        held = hold(conversation, by)
        if key and Message.objects.filter(conversation=held, key=key).exists():
            return None
        mine = _mine(held, by, is_note=is_note)
        standing = mine.first()
        if standing is not None and not knows(standing, text, key, seen):
            raise KeptElsewhere(standing)
        if standing is not None and standing.text == text != "":
            return standing  # what comes late says nothing new: the form that was made with it knows it still
        if not text and not Attachment.objects.filter(draft__in=mine).exists():
            mine.delete()
            return None
        return _write(held, text, by, at, is_note=is_note, key=key)


def keep_both(*, conversation: Conversation, text: str, is_note: bool = False, by: Membership, at: datetime) -> Draft:
    """Below what another window keeps: nothing of either is lost."""
    access.require(by, Permission.ANSWER_CUSTOMERS)
    with transaction.atomic():
        held = hold(conversation, by)
        standing = _mine(held, by, is_note=is_note).first()
        texts = [standing.text if standing else "", _clean(text)]
        return _write(held, "\n\n".join(filter(None, texts)), by, at, is_note=is_note)


def _clean(text: str) -> str:
    """What is too long to be sent is kept whole: its writer shortens it."""
    return placeholders.printable(text.replace("\r\n", "\n"))


def _mine(conversation: Conversation, by: Membership, *, is_note: bool) -> QuerySet[Draft]:
    return Draft.objects.filter(
        organization=by.organization_id, conversation=conversation, user=by.user, is_note=is_note
    )


def _write(
    conversation: Conversation, text: str, by: Membership, at: datetime, *, is_note: bool = False, key: str = ""
) -> Draft:
    return Draft.objects.update_or_create(
        organization=conversation.organization,
        conversation=conversation,
        user=by.user,
        is_note=is_note,
        defaults={"text": text, "updated_at": at, "key": key},
    )[0]


def throw_away(
    *,
    conversation: Conversation,
    text: str = "",
    is_note: bool = False,
    key: str = "",
    seen: datetime | None = None,
    by: Membership,
) -> None:
    """`text`, `key` and `seen` as the form has them: what another window keeps stays. Raises KeptElsewhere."""
    access.require(by, Permission.ANSWER_CUSTOMERS)
    with transaction.atomic():
        mine = _mine(hold(conversation, by), by, is_note=is_note)
        standing = mine.first()
        if standing is not None and not knows(standing, text, key, seen):
            raise KeptElsewhere(standing)
        mine.delete()


def attach(
    *, conversation: Conversation, text: str, new: Sequence[NewFile], by: Membership, at: datetime
) -> tuple[Draft, list[str]]:
    """Add files to the draft of a reply, and keep its text. Returns why some were not taken, one sentence for each; those
    that fit are there."""
    access.require(by, Permission.ANSWER_CUSTOMERS)
    refused: list[str] = []
    with transaction.atomic():
        draft = _write(hold(conversation, by), _clean(text), by, at)
        sizes = list(Attachment.objects.filter(draft=draft).values_list("size", flat=True))
        for each in new:
            try:
                files.check(each, sizes)
            except files.Unfit as error:
                refused.append(str(error))
            else:
                _add(draft, each, at)
                sizes.append(len(each.data))
    return draft, refused


def _add(draft: Draft, new: NewFile, at: datetime) -> None:
    Attachment.objects.create(
        organization_id=draft.organization_id,
        draft=draft,
        name=files.clean_name(new.name),
        media_type=files.media_type(new.data),
        size=len(new.data),
        data=new.data,
        at=at,
    )


def detach(*, conversation: Conversation, attachment_id: int, by: Membership) -> None:
    """Take a file off one's own draft; one that is gone already is no error."""
    access.require(by, Permission.ANSWER_CUSTOMERS)
    with transaction.atomic():
        mine = _mine(hold(conversation, by), by, is_note=False)
        Attachment.objects.filter(draft__in=mine, pk=attachment_id).delete()
