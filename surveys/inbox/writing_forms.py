"""What is typed below a conversation, and saved replies."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from surveys.core import places
from surveys.inbox import saved
from surveys.inbox.files import MOST_FILES, NewFile
from surveys.inbox.models import CloseReason, SavedReply


class WritingForm(forms.Form):
    """As it is posted by every button of the composer; what is missing or too long is said by the action."""

    text = forms.CharField(required=False, strip=False)
    key = forms.CharField(required=False, max_length=80)
    write = forms.ChoiceField(required=False, choices=[("reply", ""), ("note", "")])
    close_reason = forms.ChoiceField(required=False, choices=[("", ""), *CloseReason.choices])
    saved = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    seen = forms.CharField(required=False, max_length=40)
    cursor = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1)
    version = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1)

    @property
    def known(self) -> dict[str, Any]:
        """What could be read; the rest is as if it had not been sent."""
        self.is_valid()
        nothing: dict[str, Any] = dict.fromkeys(("text", "key", "write", "close_reason", "seen"), "")
        nothing |= dict.fromkeys(("saved", "cursor", "version"))
        known = nothing | self.cleaned_data
        return known | {"seen": places.moment(known["seen"])}


def new_files(uploaded: Sequence[UploadedFile]) -> list[NewFile]:
    """Read into memory, and no more of them than shows that they do not fit."""
    most = settings.REPLY_FILES_LIMIT + 1
    return [NewFile(each.name or "", each.read(most)) for each in uploaded[: MOST_FILES + 1]]


class SavedReplyForm(forms.ModelForm[SavedReply]):
    class Meta:
        model = SavedReply
        fields = ("name", "text")
        help_texts = {
            "name": _("Only your colleagues see it: it is what they choose by."),
            "text": _(
                "**bold**, *italic*, lists and [links](https://…) are possible, and the placeholders below. "
                "At most 5000 characters."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].widget.attrs.pop("maxlength", None)  # browsers cut what is pasted, and say nothing

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        if found := saved.problems(text):
            raise forms.ValidationError(found)
        return text
